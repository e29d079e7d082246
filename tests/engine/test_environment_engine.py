"""The reference environment on a real engine: it works, proves itself, and leaves nothing."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from private_engine import BUSYBOX, COMPOSE, IMAGES, Host

from dindguard.engine_client import connect
from dindguard.environment import lifecycle, render
from dindguard.environment.signals import guarded
from dindguard.environment.spec import CLIENT_IMAGE, Isolation, Spec
from dindguard.environment.verify import Report
from dindguard.errors import CONSENT, ENGINE, INCOMPLETE, USAGE

SETUID = "local/dind:test-setuid"
DOCKERFILE = f"FROM {BUSYBOX}\nRUN mkdir -p /opt/tool && echo built-inside > /opt/tool/word\nCMD cat /opt/tool/word\n"


@pytest.fixture(scope="module")
def walk(host: Host) -> Iterator[str]:
    """One rootless environment for the tests that only use it."""
    done = host.env(
        "up",
        "walk",
        *host.up_options("rootless", "--load", BUSYBOX, "--format", "json"),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["verified"] is True
    assert {check["outcome"] for check in report["checks"]} == {"passed", "not applicable"}
    yield "walk"
    assert "removed 1 container, 1 network, 2 volumes" in host.env("down", "walk").stderr
    assert "nothing to remove" in host.env("down", "walk").stderr


def test_check_creates_nothing(clean: Host) -> None:
    done = clean.env("check", "--format", "json")
    found = json.loads(done.stdout)
    assert [level["isolation"] for level in found["levels"]] == ["sysbox", "rootless", "privileged"]
    assert found["engine"]["os_type"] == "linux"


def test_walk_through(host: Host, walk: str) -> None:
    """Start, exec, load instead of pull, build, run; and the outer engine sees none of it."""

    def inside(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        return host.env("run", *options.pop("flags", ()), walk, "--", *arguments, **options)

    listed = inside("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    assert listed == [BUSYBOX], "loaded, not pulled; and what the checks needed is gone"
    built = inside("docker", "build", "--tag", "test-image", "-", flags=["-i"], input=DOCKERFILE)
    assert built.returncode == 0, built.stdout + built.stderr
    assert inside("docker", "run", "--rm", "test-image").stdout == "built-inside\n"
    started = inside("docker", "run", "--detach", "--name", "job", "test-image", "sleep", "60")
    assert started.returncode == 0
    assert inside("docker", "exec", "job", "cat", "/opt/tool/word").stdout == "built-inside\n"
    inside("docker", "rm", "--force", "job")
    outer = host.docker("image", "ls", "--format", "{{.Repository}}").stdout.split()
    assert "test-image" not in outer
    assert host.docker("ps", "--all", "--format", "{{.Names}}").stdout.split() == ["dindguard-walk-daemon"]


def test_commands_pass_their_streams_and_codes_through(host: Host, walk: str) -> None:
    done = host.env("run", walk, "-e", "WORD=a b", "--", "sh", "-c", 'echo "$WORD"; echo err >&2; exit 7')
    assert (done.returncode, done.stdout, done.stderr) == (7, "a b\n", "err\n")
    echoed = host.env("run", "-i", walk, "--", "cat", input="x" * 300_000)
    assert (echoed.returncode, len(echoed.stdout)) == (0, 300_000)
    assert host.env("run", walk, "--", "no-such-command").returncode == 127
    assert host.env("run", "nowhere", "--", "true").returncode == USAGE
    again = host.env("up", walk, *host.up_options("rootless"))
    assert again.returncode == USAGE
    assert "exists already" in again.stderr


def test_clients_have_no_rights(host: Host, walk: str) -> None:
    script = "id -u; grep CapBnd /proc/self/status; touch /x; touch /certs/client/x; ls -R /certs; cat /proc/mounts"
    done = host.env("run", walk, "--", "sh", "-c", script)
    assert done.stdout.startswith("65534\nCapBnd:\t0000000000000000\n")
    assert done.stderr.count("Read-only file system") == 2
    assert "key.pem" in done.stdout
    assert "/certs/ca" not in done.stdout
    assert "docker.sock" not in done.stdout


def test_status_tells_what_was_asked_for(host: Host, walk: str) -> None:
    [found] = json.loads(host.env("status", "--format", "json").stdout)
    assert (found["name"], found["isolation"], found["objects"]) == (walk, "rootless", 4)
    assert "healthy" in found["state"]


def test_verify_sees_who_joins_later(host: Host, walk: str) -> None:
    name = "stranger"
    network, data = f"dindguard-{walk}-network", f"dindguard-{walk}-data"
    host.docker(
        "run", "--detach", "--name", name, "--network", network, "--volume", f"{data}:/d", BUSYBOX, "sleep", "60"
    )
    try:
        done = host.env("verify", walk, "--format", "json")
    finally:
        host.docker("rm", "--force", name)
    bad = {check["check"]: check["found"] for check in json.loads(done.stdout)["checks"] if check["remedy"]}
    assert done.returncode == INCOMPLETE
    assert bad == {"own-network-only": "also in the network: stranger", "data-root-exclusive": "also: stranger"}


def test_a_stand_in_for_sysbox_is_found_out_and_nothing_weaker_is_taken(clean: Host) -> None:
    options = clean.up_options("sysbox", "--format", "json", "--accept-privileged", "SEC-1")
    options[options.index("--isolation") + 1] = "auto"
    done = clean.env("up", "fake", *options)
    assert done.returncode == INCOMPLETE
    report = json.loads(done.stdout)
    [wrong] = [check for check in report["checks"] if check["outcome"] == "failed"]
    assert (report["isolation"], wrong["check"]) == ("sysbox", "user-namespace")
    assert "the uid_map is 0 0 4294967295" in wrong["found"]
    assert "FAILED   user-namespace" in done.stderr
    assert "NOT VERIFIED as sysbox" in done.stderr
    assert "removed again" in done.stderr


def test_privileged_needs_consent_and_records_it(clean: Host) -> None:
    refused = clean.env("up", "loud", *clean.up_options("privileged"))
    assert refused.returncode == CONSENT
    assert "rootless: needs user namespaces" in refused.stderr, "the reasons are told"
    assert clean.leftovers() == [] or "dindguard-loud-daemon" not in clean.leftovers()
    done = clean.env(
        "up", "loud", *clean.up_options("privileged", "--accept-privileged", "SEC-1", "--format", "json")
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["passed"], report["verified"], report["consent"]) == (True, False, "SEC-1")
    label = '{{index .Config.Labels "io.dindguard.consent"}}'
    assert clean.docker("inspect", "--format", label, "dindguard-loud-daemon").stdout == "SEC-1\n"
    volume = clean.docker("volume", "inspect", "dindguard-loud-data").stdout
    assert json.loads(volume)[0]["Labels"]["io.dindguard.consent"] == "SEC-1"
    clean.env("down", "loud")


def test_a_closed_tun_device_is_named_with_the_remedy(clean: Host) -> None:
    closed = clean.folder / "dev" / "closed-tun"
    if not closed.exists():
        os.mknod(closed, 0o600 | 0o020000, os.makedev(10, 200))
    options = clean.up_options("rootless")
    options[options.index("--tun-device") + 1] = str(closed)
    done = clean.env("up", "closed", *options)
    assert done.returncode == INCOMPLETE
    assert "--tun-device" in done.stderr


def test_a_rootful_image_is_not_taken_for_a_rootless_one(clean: Host) -> None:
    done = clean.env("up", "wrong", *clean.up_options("rootless", "--image", BUSYBOX))
    assert done.returncode == USAGE
    assert "no rootless image" in done.stderr
    rootful = clean.env("up", "wrong", *clean.up_options("rootless", "--image", IMAGES["privileged"]))
    assert rootful.returncode == USAGE
    assert "its process is root" in rootful.stderr, "though it has a newuidmap, as the official one"
    unknown = clean.env("up", "wrong", *clean.up_options("rootless", "--image", "local/absent:none"))
    assert unknown.returncode == ENGINE


def test_an_engine_that_dies_while_it_is_verified_is_told_with_the_cause(clean: Host) -> None:
    done = clean.env("up", "small", *clean.up_options("rootless", "--memory", "64m", "--pids", "128"))
    assert done.returncode == INCOMPLETE
    assert "needed more than 64 MiB (--memory)" in done.stderr


@pytest.fixture(scope="module")
def setuid(host: Host) -> str:
    """An image with setuid newuidmap and newgidmap, as Alpine's package has them (mode 4711)."""
    undo = "for f in /usr/bin/newuidmap /usr/bin/newgidmap; do setcap -r $f && chmod 4711 $f; done"
    text = f"FROM {IMAGES['rootless']}\nUSER root\nRUN {undo}\nUSER rootless\n"
    host.docker("build", "--quiet", "--tag", SETUID, "-", input=text)
    return SETUID


def test_a_setuid_mapper_gets_the_capabilities_it_needs_in_its_bounding_set(clean: Host, setuid: str) -> None:
    done = clean.env("up", "setuid", *clean.up_options("rootless", "--image", setuid))
    assert done.returncode == 0, done.stderr
    assert "newuidmap is setuid in this image" in done.stdout
    effective = clean.docker("exec", "dindguard-setuid-daemon", "grep", "CapEff", "/proc/1/status").stdout
    assert effective.split()[1] == "0" * 16, "the engine itself holds none"
    clean.env("down", "setuid")


def start(host: Host, *command: str) -> subprocess.Popen[str]:
    """Start `env with` in the background; its stderr can be read line by line."""
    options = host.up_options("rootless", "--load", BUSYBOX)
    return subprocess.Popen(
        host.command("with", *options, "--", *command),
        env=host.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], words: str, seconds: float = 0.0) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            break
    else:
        pytest.fail(f"{words!r} never came")
    time.sleep(seconds)


@pytest.mark.parametrize(
    ("number", "words", "seconds"),
    [
        (signal.SIGTERM, "starting", 0.0),
        (signal.SIGINT, "starting", 0.7),
        (signal.SIGHUP, "loading", 0.5),  # within the verification
        (signal.SIGTERM, "verified in this run", 1.0),  # within the command
    ],
)
def test_signals_leave_nothing(clean: Host, number: signal.Signals, words: str, seconds: float) -> None:
    with start(clean, "sleep", "120") as process:
        wait_for(process, words, seconds)
        process.send_signal(number)
        _, rest = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert f"interrupted by {number.name}" in rest
    assert "Traceback" not in rest


@pytest.mark.parametrize(("words", "seconds"), [("starting", 0.4), ("loading", 1.0)])
def test_after_kill_down_leaves_nothing(clean: Host, words: str, seconds: float) -> None:
    with start(clean, "sleep", "120") as process:
        wait_for(process, words, seconds)  # while it is created, and within the verification
        process.kill()
    left = [name for name in clean.leftovers() if "-with-" in name]
    assert left, "there was something to remove"
    name = left[0].split("-")[2]
    assert "removed" in clean.env("down", f"with-{name}").stderr


def test_its_time_ends_by_itself(clean: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    unverified = Report("short", Isolation.ROOTLESS, "", 0.0, ())
    monkeypatch.setattr(lifecycle, "verify", lambda *_: unverified)  # it would take longer than the environment lives
    monkeypatch.setenv("DOCKER_HOST", clean.environ["DOCKER_HOST"])
    client = clean.environ["DINDGUARD_CLIENT_IMAGE"]
    spec = Spec("short", Isolation.ROOTLESS, IMAGES["rootless"], client, time_to_live=30, tun_device=clean.tun)
    with guarded() as guard, connect() as engine:
        lifecycle.up(engine, spec, guard, lambda _: None)
    running = ("inspect", "--format", "{{.State.Running}}", "dindguard-short-daemon")
    deadline = time.monotonic() + 90
    while clean.docker(*running).stdout == "true\n" and time.monotonic() < deadline:
        time.sleep(0.5)
    assert clean.docker(*running).stdout == "false\n"
    late = clean.env("run", "short", "--", "true")
    assert late.returncode == ENGINE
    assert "its time to live is over" in late.stderr
    assert "short: removed 1 container" in clean.env("down", "--expired").stderr


def test_what_is_not_ours_stays(clean: Host) -> None:
    clean.docker("network", "create", "dindguard-mine-network")
    try:
        assert "nothing to remove" in clean.env("down", "mine").stderr
        clean.docker("network", "inspect", "dindguard-mine-network")
    finally:
        clean.docker("network", "rm", "dindguard-mine-network")


def rendered(host: Host, form: str, folder: Path) -> str:
    """Write the files as they are by default, but for the images: no registry is reached here."""
    spec = Spec("dindguard", Isolation.ROOTLESS, tun_device=host.tun, mirror="http://mirror.example:5000")
    files = {
        name: text.replace(f"FROM {Isolation.ROOTLESS.daemon_image}", f"FROM {SETUID}").replace(
            CLIENT_IMAGE, "local/docker-cli:test"
        )
        for name, text in render.render(form, spec).items()
    }
    return render.write(files, str(folder))[0]


INSIDE = "docker load --quiet --input /usr/local/share/dindguard-test/busybox.tar >&2"


def test_the_rendered_script_works(clean: Host, setuid: str, tmp_path: Path) -> None:
    script = rendered(clean, "shell", tmp_path)
    command = f"{INSIDE} && docker run --rm {BUSYBOX} echo from-inside && exit 7"
    done = subprocess.run(
        [script, "sh", "-c", command], env=clean.environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (7, "from-inside\n"), done.stderr


def test_the_rendered_compose_file_works(clean: Host, setuid: str, tmp_path: Path) -> None:
    compose = [str(COMPOSE), "--file", rendered(clean, "compose", tmp_path)]
    options = {"env": clean.environ, "capture_output": True, "text": True, "timeout": 120}
    try:
        up = subprocess.run([*compose, "up", "--detach", "--wait", "docker"], check=False, **options)
        assert up.returncode == 0, up.stderr
        command = f"{INSIDE} && docker run --rm {BUSYBOX} echo from-inside"
        done = subprocess.run([*compose, "run", "--rm", "-T", "client", "sh", "-c", command], check=False, **options)
        assert (done.returncode, done.stdout) == (0, "from-inside\n"), done.stderr
    finally:
        subprocess.run([*compose, "--profile", "client", "down", "--volumes"], check=True, **options)
