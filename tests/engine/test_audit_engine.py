"""The audit on a real engine: it finds what was started, and nothing else."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from private_engine import BUSYBOX, COMPOSE, Host

DIND = "local/dind:test"
SECRET = "correct-horse-battery"

PROJECT = f"""\
services:
  builder:
    image: {DIND}
    privileged: true
    environment:
      DB_PASSWORD: {SECRET}
  idle:
    image: {BUSYBOX}
    command: [sleep, "600"]
    stop_grace_period: 0s
"""


def audit(host: Host, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the audit in a folder of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "dindguard", "audit", "docker", *arguments],
        check=False, env=host.environ, capture_output=True, text=True, timeout=120, cwd=folder,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def folder(host: Host, container: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> object:
    """Start what is audited, a Compose project among it, and yield the folder of its file."""
    place = tmp_path_factory.mktemp("audited")
    (place / "compose.yaml").write_text(PROJECT)
    data_root = host.docker("info", "--format", "{{.DockerRootDir}}").stdout.strip()

    def start(name: str, *options: str) -> None:
        container("--name", f"audited-{name}", "--label", "audited", *options)

    start("plain", "--user", "65534", "--cap-drop", "ALL", BUSYBOX, "sleep", "600")
    start("reader", "--volume", "/run:/host-run:ro", BUSYBOX, "sleep", "600")
    start("looker", "--volume", f"{data_root}:/engine:ro", BUSYBOX, "sleep", "600")
    shared = ("--privileged", "--volume", "audited-layers:/var/lib/docker/overlay2")
    start("first", *shared, "--env", f"API_TOKEN={SECRET}", DIND)
    start("second", *shared, DIND)
    start("open", "--privileged", "--env", "DOCKER_TLS_CERTDIR=", "--publish", "127.0.0.1:23750:2375", DIND)
    compose = [COMPOSE, "--project-directory", str(place), "--project-name", "audited"]
    subprocess.run([*compose, "up", "--detach"], env=host.environ, check=True, capture_output=True, timeout=120)
    yield place
    subprocess.run([*compose, "down", "--volumes"], env=host.environ, check=True, capture_output=True, timeout=120)
    started = host.docker("ps", "--all", "--quiet", "--filter", "label=audited").stdout.split()
    host.docker("rm", "--force", "--volumes", *started, check=False)
    host.docker("volume", "rm", "audited-layers", check=False)


@pytest.fixture(scope="module")
def report(host: Host, folder: Path) -> dict[str, object]:
    done = audit(host, folder, "--format", "json", "--save", "engine.json")
    assert done.returncode == 1, done.stderr
    assert SECRET not in done.stdout
    return json.loads(done.stdout)


def findings(report: dict[str, object]) -> set[tuple[str, str]]:
    """Return who is blamed for what, of this module's containers and the engine itself."""
    pairs = {(subject["label"], each["rule"]) for each in report["findings"] for subject in each["subjects"]}
    return {(label.removeprefix("running container "), rule) for label, rule in pairs}


def test_it_finds_exactly_what_was_started(report: dict[str, object]) -> None:
    found = findings(report)
    assert {pair for pair in found if "floating-engine-image" not in pair} == {
        ("'audited-reader'", "host-engine-socket"),
        ("'audited-looker'", "host-data-root"),
        ("'audited-first'", "privileged-engine"),
        ("'audited-second'", "privileged-engine"),
        ("'audited-open'", "privileged-engine"),
        ("the docker engine in running container 'audited-open'", "unauthenticated-engine-api"),
        ("'audited-builder-1'", "privileged-engine"),
        ("volume 'audited-layers'", "shared-data-root"),
        ("the docker engine on the host", "end-of-life-engine"),
        ("the docker engine on the host", "engine-without-mandatory-access-control"),
    }
    assert {name for name, rule in found if rule == "floating-engine-image"} == {
        f"'audited-{name}'" for name in ("first", "second", "open", "builder-1")
    }
    assert report["complete"], report["notices"]


def test_a_service_of_compose_is_found_in_its_file(report: dict[str, object]) -> None:
    places = {
        (each["place"]["path"], each["place"]["line"])
        for each in report["findings"]
        if any(subject["label"].endswith("'audited-builder-1'") for subject in each["subjects"])
    }
    assert places == {("compose.yaml", 2)}


def test_what_docker_inspect_prints_gives_the_same(host: Host, folder: Path, report: dict[str, object]) -> None:
    ids = host.docker("ps", "--quiet").stdout.split()
    (folder / "inspect.json").write_text(host.docker("inspect", *ids).stdout)
    done = audit(host, folder, "--format", "json", "--profile", "recommended", "--from", "inspect.json")
    assert done.returncode == 1, done.stderr
    assert SECRET not in done.stdout
    # Without `docker info`, nothing is known of the engine itself, nor that its data root lies elsewhere.
    unknown = {pair for pair in findings(report) if "on the host" in pair[0] or pair[1] == "host-data-root"}
    assert findings(json.loads(done.stdout)) == findings(report) - unknown


def test_saved_facts_hold_no_secret_and_change_nothing(host: Host, folder: Path, report: dict[str, object]) -> None:
    saved = (folder / "engine.json").read_text()
    assert SECRET not in saved
    again = audit(host, folder, "--format", "json", "--from", "engine.json")
    assert json.loads(again.stdout)["findings"] == report["findings"]


def test_the_engine_warns_of_its_own_open_port(host: Host, folder: Path) -> None:
    """A nested engine that listens without TLS is, asked itself, a host's engine."""
    deadline = time.monotonic() + 60  # it waits before it listens in the open, on purpose
    question = ("exec", "audited-open", "docker", "info", "--format", "{{json .}}")
    while (inner := host.docker(*question, check=False)).returncode or '"ID":"' not in inner.stdout:
        assert time.monotonic() < deadline, inner.stderr
        time.sleep(0.5)
    (folder / "info.json").write_text(inner.stdout)
    done = audit(host, folder, "--format", "json", "--from", "info.json", "--select", "unauthenticated-engine-api")
    assert findings(json.loads(done.stdout)) == {("the docker engine on the host", "unauthenticated-engine-api")}


def test_stopped_containers_are_audited_on_demand(host: Host, folder: Path) -> None:
    host.docker("stop", "--time", "1", "audited-reader")
    running, everything = (
        findings(json.loads(audit(host, folder, "--format", "json", *more).stdout)) for more in ((), ("--all",))
    )
    assert everything - running == {("'audited-reader'", "host-engine-socket")}
