"""A Docker engine of our own: in a network namespace of its own, with images made without a registry."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("build-dind-image.sh")
TOOLS = ("docker", "dockerd", "mmdebstrap", "ip", "nsenter")
BUSYBOX = "local/busybox:test"
IMAGES = {
    "rootless": "local/dind:test-rootless",
    "privileged": "local/dind:test",
    "sysbox": "local/dind:test",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)


@dataclass(frozen=True)
class Host:
    """The engine, the command line that talks to it, and what is left in it."""

    folder: Path
    environ: dict[str, str] = field(repr=False)

    @property
    def tun(self) -> str:
        return str(self.folder / "dev" / "tun")

    def docker(self, *arguments: str, check: bool = True, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", *arguments],
            env=self.environ,
            check=check,
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "dindguard", "env", *arguments]

    def env(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run `dindguard env …`; a warning of Python is a failure here as everywhere."""
        done = subprocess.run(
            self.command(*arguments),
            check=False,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=180,
            **options,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert "Warning" not in done.stderr, done.stderr
        return done

    def up_options(self, level: str, *more: str) -> list[str]:
        return ["--isolation", level, "--image", IMAGES[level], "--tun-device", self.tun, *more]

    def leftovers(self) -> list[str]:
        """Everything of ours that the engine still has."""
        ours = "label=io.dindguard.managed=true"
        listings = (
            ("ps", "--all", "--filter", ours, "--format", "{{.Names}}"),
            ("network", "ls", "--filter", ours, "--format", "{{.Name}}"),
            ("volume", "ls", "--quiet"),  # without the filter: anonymous volumes carry no label
        )
        return [name for listing in listings for name in self.docker(*listing).stdout.split()]


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """Start the engine (0.5 s with a warm cache, about a minute without) and stop it by its own pid at the end."""
    in_ci = bool(os.environ.get("CI"))
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if os.geteuid() != 0:
        pytest.skip("a private engine needs root")
    if missing and not in_ci:
        pytest.skip(f"not installed: {', '.join(missing)} (with CI=true they are installed from Debian)")
    cache = Path(os.environ.get("DINDGUARD_TEST_CACHE", "/var/cache/dindguard-test"))
    folder = cache / "engine"
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "DINDGUARD_"))}
    environ |= {"DIND_CACHE_DIR": str(cache), "DOCKER_BUILDKIT": "0"}
    started = subprocess.run(
        ["bash", SCRIPT, "--private-engine", folder],
        check=False,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )
    try:
        assert started.returncode == 0, "the private engine did not start; its words are above"
        environ["DOCKER_HOST"] = started.stdout.strip().partition("DOCKER_HOST=")[2]
        environ["DINDGUARD_CLIENT_IMAGE"] = "local/docker-cli:test"
        found = Host(folder, environ)
        found.env("down", "--all")
        yield found
    finally:
        subprocess.run(["bash", SCRIPT, "--stop-engine", folder], env=environ, check=True, timeout=120)


@pytest.fixture
def clean(host: Host) -> Iterator[Host]:
    """The engine, with the assertion that a test leaves nothing behind."""
    before = set(host.leftovers())
    yield host
    left = set(host.leftovers()) - before
    if left:
        host.env("down", "--all")
    assert not left


@pytest.fixture(scope="module")
def container(host: Host) -> Iterator[Callable[..., str]]:
    """Start containers with `docker run --detach`; they and their volumes go when the module's tests are done."""
    started: list[str] = []

    def run(*arguments: str) -> str:
        started.append(host.docker("run", "--detach", *arguments).stdout.strip())
        return started[-1]

    with contextlib.ExitStack() as stack:
        stack.callback(lambda: host.docker("rm", "--force", "--volumes", *started) if started else None)
        yield run
