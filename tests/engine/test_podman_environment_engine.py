"""Debian's Podman as the outer engine of a reference environment: rootful, in a network namespace of its own."""

import contextlib
import copy
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from docker.errors import APIError
from private_engine import BUSYBOX, IMAGES, Host
from test_job_engine import SUITE
from test_sabotage_engine import SABOTAGES

from dindguard.engine_client import connect
from dindguard.environment import bodies, labels, lifecycle, podman
from dindguard.environment.images import pin
from dindguard.environment.plan import Ground, Plan
from dindguard.environment.signals import Guard
from dindguard.environment.spec import Isolation, Spec
from dindguard.environment.verify import Report, conformity
from dindguard.errors import ENGINE, USAGE

NEEDED = ("podman", "catatonit", "conmon", "iptables")
SPACE = "dindguard-podman"
SETTINGS = """\
[containers]
# Wider limits than the test's own are not this machine's to give.
default_ulimits = ["nofile={files}:{files}", "nproc=16384:16384"]
"""

pytestmark = pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"not all installed: {', '.join(NEEDED)}")


def command(host: Host, *arguments: str) -> list[str]:
    folder = host.folder.parent / "podman"
    places = [f"--{what}={folder}/{what}" for what in ("root", "runroot", "tmpdir", "network-config-dir")]
    return [
        "nsenter", f"--net=/run/netns/{SPACE}", "podman", *places, "--storage-driver=overlay",
        "--cgroup-manager=cgroupfs", f"--runtime={host.folder}/bin/runc", *arguments,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def outer(host: Host) -> Iterator[Host]:
    """Podman with the images of the private engine; its store is kept, as that engine's is."""
    folder = host.folder.parent / "podman"
    folder.mkdir(exist_ok=True)
    files = subprocess.run(["sh", "-c", "ulimit -Hn"], check=True, capture_output=True, text=True).stdout.strip()
    (folder / "containers.conf").write_text(SETTINGS.format(files=files))
    socket = folder / "podman.sock"
    socket.unlink(missing_ok=True)
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "CONTAINERS_CONF": str(folder / "containers.conf")}
    subprocess.run(["ip", "netns", "add", SPACE], check=False, capture_output=True)
    subprocess.run(["nsenter", f"--net=/run/netns/{SPACE}", "ip", "link", "set", "lo", "up"], check=True)
    service = subprocess.Popen(
        command(host, "system", "service", "--time=0", f"unix://{socket}"), env=environ, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    found = Host(host.folder, host.environ | {"DOCKER_HOST": f"unix://{socket}"})
    try:
        for _ in range(200):
            if socket.exists() or service.poll() is not None:
                break
            time.sleep(0.05)
        assert socket.exists(), "podman does not answer"
        found.env("down", "--all")
        copy_images(host, found)
        yield found
    finally:
        os.killpg(service.pid, signal.SIGTERM)
        service.wait(20)
        subprocess.run(["umount", str(folder / "root" / "overlay")], check=False, capture_output=True)  # Podman's own
        subprocess.run(["ip", "netns", "del", SPACE], check=True)


def copy_images(host: Host, found: Host) -> None:
    """Copy those that Podman does not have yet; what either calls an image is the digest of its configuration."""

    def ids(engine: Host, prefix: str = "") -> set[str]:
        listed = (
            engine.docker("image", "inspect", "--format", "{{.Id}}", prefix + name, check=False) for name in names
        )
        return {each.stdout.strip().removeprefix("sha256:") for each in listed} - {""}

    names = [*dict.fromkeys(IMAGES.values()), "local/docker-cli:test", BUSYBOX]
    if ids(host) == ids(found):
        return
    with subprocess.Popen(["docker", "save", *names], env=host.environ, stdout=subprocess.PIPE) as saved:
        subprocess.run(
            ["docker", "load", "--quiet"], env=found.environ, stdin=saved.stdout, check=True, capture_output=True,
            timeout=300,
        )  # fmt: skip
    assert ids(host) == ids(found)


def leftovers(found: Host) -> list[str]:
    """What is left of ours; Podman's own list of volumes has no anonymous ones of ours."""
    return [name for name in found.leftovers() if "dindguard" in name]


@pytest.fixture
def clean(outer: Host) -> Iterator[Host]:
    before = set(leftovers(outer))
    yield outer
    left = set(leftovers(outer)) - before
    if left:
        outer.env("down", "--all")
    assert not left


@pytest.fixture(scope="module")
def nested(outer: Host) -> Iterator[str]:
    options = outer.up_options("rootless", "--export", "--workspace-volume", "--load", BUSYBOX)
    done = outer.env("up", "nested", *options)
    assert done.returncode == 0, done.stderr
    assert "nested: rootless, verified in this run, 39 of 39 checks passed" in done.stdout
    yield "nested"
    assert "removed 1 container, 1 network, 4 volumes" in outer.env("down", "nested").stderr


def test_what_is_offered_is_told(outer: Host) -> None:
    offered = json.loads(outer.env("check", "--format", "json").stdout)
    assert offered["engine"]["product"] == "podman"
    assert {level["isolation"]: level["available"] for level in offered["levels"]} == {
        "sysbox": False, "rootless": True, "privileged": True,
    }  # fmt: skip


def test_it_is_used_as_below_docker(outer: Host, nested: str) -> None:
    done = outer.env("run", nested, "--", "docker", "run", "--rm", BUSYBOX, "echo", "inner")
    assert (done.returncode, done.stdout) == (0, "inner\n"), done.stderr
    done = outer.env("run", nested, "-e", "WORD=a b", "--", "sh", "-c", 'echo "$WORD"; echo err >&2; exit 7')
    assert (done.returncode, done.stdout, done.stderr) == (7, "a b\n", "err\n")
    echoed = outer.env("run", "-i", nested, "--", "cat", input="x" * 300_000)
    assert (echoed.returncode, len(echoed.stdout)) == (0, 300_000)
    absent = outer.env("run", nested, "--", "no-such-command")
    assert absent.returncode == 1, "catatonit's code, where Docker's init has 127"
    assert "No such file" in absent.stderr
    done = outer.env("exec", nested, "--", "sh", "-c", "id -un; exit 7")
    assert (done.returncode, done.stdout) == (7, "rootless\n")
    again = outer.env("up", nested, *outer.up_options("rootless"))
    assert again.returncode == USAGE
    assert "exists already" in again.stderr
    [found] = json.loads(outer.env("status", "--format", "json").stdout)
    assert (found["name"], found["isolation"], found["objects"]) == (nested, "rootless", 6)


def test_it_is_exported(outer: Host, nested: str, tmp_path: Path) -> None:
    done = outer.env("export", nested, "-o", str(tmp_path / "certificates"))
    assert done.returncode == 0, done.stderr
    told = dict(line.removeprefix("export ").split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    there = subprocess.run(
        ["nsenter", f"--net=/run/netns/{SPACE}", "docker", "run", "--rm", BUSYBOX, "echo", "from-outside"],
        env=outer.environ | told, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (there.returncode, there.stdout) == (0, "from-outside\n"), there.stderr


def test_verified_again_and_not_attested(outer: Host, nested: str, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
    done = outer.env("verify", nested, "--attest", str(tmp_path / "statement.json"), "--key", str(key))
    assert "39 of 39 checks passed" in done.stdout
    assert done.returncode == ENGINE
    assert "Podman gives another id with every answer" in done.stderr


def test_a_stranger_is_noticed(outer: Host, nested: str) -> None:
    network = f"dindguard-{nested}-network"
    outer.docker("run", "--detach", "--name", "stranger", "--network", network, BUSYBOX, "sleep", "60")
    try:
        done = outer.env("verify", nested, "--format", "json")
    finally:
        outer.docker("rm", "--force", "stranger")
    bad = {check["check"]: check["found"] for check in json.loads(done.stdout)["checks"] if check["remedy"]}
    assert bad == {"own-network-only": "also in the network: stranger"}


@pytest.mark.parametrize("level", ["rootless", "privileged"])
def test_a_suite_of_container_tests_runs_in_the_workspace(clean: Host, tmp_path: Path, level: str) -> None:
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    (project / "word").write_text("word\n")
    (project / "test_containers.py").write_text(SUITE)
    consent = ("--accept-privileged", "SEC-1") if level == "privileged" else ()
    options = clean.up_options(level, "--load", BUSYBOX, *consent, "--workspace", str(project))
    pytest_ = ("python3", "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore")
    done = clean.env("with", *options, "-e", "PYTHONDONTWRITEBYTECODE=1", "--", *pytest_)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
    assert "2 files written back" in done.stderr


@pytest.mark.parametrize(
    ("number", "words", "seconds"),
    [
        (signal.SIGTERM, "starting", 0.4),
        (signal.SIGHUP, "starting", 4.0),
        (signal.SIGINT, "verified in this run", 0.5),
    ],
)
def test_signals_leave_nothing(clean: Host, number: signal.Signals, words: str, seconds: float) -> None:
    run = clean.command("with", *clean.up_options("rootless"), "--", "sleep", "120")
    with subprocess.Popen(run, env=clean.environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(words in line for line in process.stderr)
        time.sleep(seconds)
        process.send_signal(number)
        _, rest = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert f"interrupted by {number.name}" in rest


def test_of_two_at_once_one_wins(clean: Host) -> None:
    command = clean.command("up", "twin", *clean.up_options("rootless"))
    both = [
        subprocess.Popen(command, env=clean.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in both]
    clean.env("down", "twin")
    assert sorted(process.returncode for process in both) == [0, USAGE], said
    assert "an environment twin exists already" in said[0][1] + said[1][1]


def test_its_time_ends_by_itself(clean: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    unverified = Report("short", Isolation.ROOTLESS, "", 0.0, ())
    monkeypatch.setattr(lifecycle, "verify", lambda *_: unverified)
    monkeypatch.setenv("DOCKER_HOST", clean.environ["DOCKER_HOST"])
    spec = replace(planned_spec(clean, "short"), time_to_live=30)
    with connect() as engine:
        lifecycle.up(engine, spec, Guard(), lambda _: None)
    running = ("inspect", "--format", "{{.State.Running}}", "dindguard-short-daemon")
    deadline = time.monotonic() + 90
    while clean.docker(*running).stdout == "true\n" and time.monotonic() < deadline:
        time.sleep(0.5)
    late = clean.env("run", "short", "--", "true")
    assert late.returncode == ENGINE
    assert "its time to live is over" in late.stderr
    assert "short: removed 1 container" in clean.env("down", "--expired").stderr


def planned_spec(host: Host, name: str) -> Spec:
    return Spec(name, Isolation.ROOTLESS, IMAGES["rootless"], "local/docker-cli:test", tun_device=host.tun)


WITHOUT_EFFECT = {
    "users of the host": "a rootful Podman has no others",
    "control groups of its own": "not taken from a request in Docker's words",
    "another runtime": "not taken from a request in Docker's words",
    "masked paths": "not taken from a request in Docker's words",
    "read-only paths": "not taken from a request in Docker's words",
    "every block device": "not taken from a request in Docker's words",
    "one character device": "not taken from a request in Docker's words",
    "a wider tun device": "not taken from a request in Docker's words",
}
"""Sabotages that make nothing on Podman (seen in the control groups and namespaces of containers so started)."""

UNTOLD = {
    "memory segments of the host": "seen by the kernel's number of the namespace, in a check of its own",
    "memory segments to share": "what every container of Podman has, by its own word",
    "kernel settings": "of the container's own namespaces",
    "an address of its own": "addresses are the engine's to give",
}
"""Sabotages that Podman makes and does not tell."""


def test_what_nobody_planned_is_noticed_or_refused(outer: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", outer.environ["DOCKER_HOST"])
    unseen = []
    with connect() as engine:
        images = [pin(engine, name, lambda _: None) for name in (IMAGES["rootless"], "local/docker-cli:test")]
        entry = podman.entry_point(engine, images[0].id)
        ground, guard = Ground.of(engine.facts), Guard()
        plan = Plan(planned_spec(outer, "sabotage"), Isolation.ROOTLESS, *images, ground, "run", 1, entry_point=entry)
        try:
            outer.docker("network", "create", "--subnet", "172.31.240.0/24", plan.network)
            for body in (*bodies.volumes(plan), {"Name": "dindguard-sabotage-other"}):
                engine.api.create_volume(body["Name"], labels=body.get("Labels"))
            podman.place_filter(engine, guard, plan, bodies.seccomp_profile())

            def found(change: object) -> list[str]:
                body = copy.deepcopy(bodies.daemon(plan))
                change(body)
                made = engine.api.create_container_from_config(body, plan.object_name(labels.DAEMON))["Id"]
                try:
                    inspected, own = engine.api.inspect_container(made), podman.native(engine, made)
                    image = engine.api.inspect_image(inspected["Image"])
                    told = podman.in_dockers_words(
                        bodies.daemon(plan), ground.runtime, inspected, own, image["Config"]
                    )
                    return [str(one) for one in conformity.container(plan, told, image)]
                finally:
                    engine.api.remove_container(made, force=True)

            assert found(lambda body: None) == [], "nothing is alleged"
            for name, change in SABOTAGES.items():
                with contextlib.suppress(APIError):  # what Podman refuses is not made
                    unseen += [] if found(change) else [name]
        finally:
            names = [body["Name"] for body in bodies.volumes(plan)]
            outer.docker("network", "rm", plan.network)
            outer.docker("volume", "rm", "--force", "dindguard-sabotage-other", *names)
    assert set(unseen) == {*WITHOUT_EFFECT, *UNTOLD}
