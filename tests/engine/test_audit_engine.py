"""The audit on a real engine: it finds what was started, and nothing else."""

import json
import subprocess
import sys
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


def test_try(host: Host, folder: Path, report: dict[str, object]) -> None:
    Path("/tmp/audit_run/report.json").write_text(json.dumps(report, indent=1))
    Path("/tmp/audit_run/engine.json").write_text((folder / "engine.json").read_text())
    Path("/tmp/audit_run/inspect.json").write_text(host.docker("inspect", *host.docker("ps", "-q").stdout.split()).stdout)
    Path("/tmp/audit_run/info.json").write_text(host.docker("info", "--format", "{{json .}}").stdout)
    Path("/tmp/audit_run/text.txt").write_text(audit(host, folder).stdout)
    Path("/tmp/audit_run/fs.txt").write_text(audit(host, folder, "--profile", "all").stdout)
