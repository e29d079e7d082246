"""Starts the private engine once, and stops it by its own pid."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from private_engine import SCRIPT, TOOLS, Host


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """Start the engine (0.5 s with a warm cache, about a minute without) and stop it by its own pid at the end."""
    fcntl = pytest.importorskip("fcntl", reason="a private engine needs Linux")
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if os.geteuid() != 0:
        pytest.skip("a private engine needs root")
    if "PYTEST_XDIST_WORKER" in os.environ:  # there is one engine, and who has it keeps it to the end
        pytest.skip("the suite is shared out to several processes: run these tests with -m engine")
    if missing and not os.environ.get("CI"):
        pytest.skip(f"not installed: {', '.join(missing)} (with CI=true they are installed from Debian)")
    cache = Path(os.environ.get("DINDGUARD_TEST_CACHE", "/var/cache/dindguard-test"))
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another session on this machine ends first
        yield from private_engine(cache)


def private_engine(cache: Path) -> Iterator[Host]:
    """Yield the engine whose data is kept below ``cache``."""
    folder = cache / "engine"
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "DINDGUARD_"))}
    environ |= {"DIND_CACHE_DIR": str(cache), "DOCKER_BUILDKIT": "0"}
    start = ["bash", str(SCRIPT), "--private-engine", str(folder)]
    started = subprocess.run(start, check=False, env=environ, stdout=subprocess.PIPE, text=True, timeout=600)
    try:
        assert started.returncode == 0, "the private engine did not start; its words are above"
        environ["DOCKER_HOST"] = started.stdout.strip().partition("DOCKER_HOST=")[2]
        environ["DINDGUARD_CLIENT_IMAGE"] = "local/docker-cli:test"
        found = Host(folder, environ)
        found.wipe()
        yield found
    finally:
        subprocess.run(["bash", str(SCRIPT), "--stop-engine", str(folder)], env=environ, check=True, timeout=120)


@pytest.fixture(scope="session")
def buildx(host: Host) -> Path:
    """The program of Docker's buildx: where packages put it, else fetched from Debian's (with CI=true) and kept."""
    kept = host.folder.parent / "buildx"
    if os.environ.get("CI"):
        subprocess.run(["bash", str(SCRIPT.with_name("fetch-buildx.sh")), str(kept)], check=False, timeout=300)
    places = (kept, *(Path(place) / "docker/cli-plugins" for place in ("/usr/libexec", "/usr/lib", "/usr/local/lib")))
    found = [place / "docker-buildx" for place in places if (place / "docker-buildx").exists()]
    if not found:
        pytest.skip(f"no buildx: bash tests/engine/fetch-buildx.sh {kept} gets it from Debian's packages")
    return found[0]


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
