"""The commands of ``docs/choosing.md``, run as they stand on the page, each step twice."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from private_engine import BUSYBOX, IMAGES, Host

PAGE = Path(__file__).parents[2] / "docs" / "choosing.md"
REFERENCE, BY_HAND = re.findall(r"(?ms)^```sh\n(.*?)^```$", PAGE.read_text("utf-8"))
PULL = "docker pull"
"""The one step that needs a registry, which no test reaches."""
EXAMPLE = "example/app:1"
DOCKERFILE = f"FROM {EXAMPLE}\nCMD echo built-inside\n"


@pytest.fixture
def shell(clean: Host, tmp_path: Path):
    """Return what runs lines of the page in a folder with a Dockerfile; images have other names here."""
    command = tmp_path / "bin" / "dindguard"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m dindguard "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    environ = clean.environ | {
        "PATH": f"{command.parent}:{clean.environ['PATH']}",
        "DINDGUARD_IMAGE": IMAGES["rootless"],
        "DINDGUARD_TUN_DEVICE": clean.tun,
    }

    def run(lines: str) -> subprocess.CompletedProcess[str]:
        script = re.sub(r"docker:[\d.]+-dind\b", IMAGES["privileged"], lines)
        script = script.replace("env up ci", "env up ci --isolation rootless")  # the Sysbox here is a stand-in
        script = re.sub(r"docker:[\d.]+-cli\b", clean.environ["DINDGUARD_CLIENT_IMAGE"], script)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            check=False,
            env=environ,
            cwd=context,
            capture_output=True,
            text=True,
            timeout=240,
        )

    clean.docker("tag", BUSYBOX, EXAMPLE)
    yield run
    clean.docker("rmi", EXAMPLE)


def done(run: subprocess.CompletedProcess[str]) -> str:
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_the_walk_through_with_the_reference_environment(shell) -> None:
    up, *steps, down = REFERENCE.splitlines()
    assert [PULL in step for step in steps].count(True) == 1
    try:
        done(shell(up))
        again = shell(up)
        assert again.returncode != 0, "what was started is refused a second time"
        assert "environment ci exists already" in again.stderr
        printed = [done(shell(step)) for step in steps for _ in range(2) if PULL not in step]
    finally:
        ended = shell(down), shell(down)
    assert printed[-2:] == ["built-inside\n"] * 2
    assert "removed" in ended[0].stderr
    assert "nothing to remove" in ended[1].stderr
    assert {each.returncode for each in ended} == {0}


def test_the_walk_through_by_hand(shell, clean: Host) -> None:
    steps, remove = BY_HAND.rstrip().rsplit("\n", 1)
    try:
        first, second = done(shell(steps)), done(shell(steps))
    finally:
        removed = shell(remove)
    assert first.endswith("built-inside\n")
    assert second.endswith("built-inside\n")
    assert done(removed)
    for listing in (("ps", "-aq"), ("volume", "ls", "-q"), ("network", "ls", "-q", "--filter", "type=custom")):
        assert clean.docker(*listing).stdout == "", "nothing is left"
