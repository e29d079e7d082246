"""Debian's Podman as the engine that is asked: rootful and rootless, with a store and a socket of its own."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from dindguard.errors import ENGINE

NAME = "local/sleep:test"
NOBODY = pwd.getpwnam("nobody")

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="Podman's store is root's, and a rootless one needs another user"),
    pytest.mark.skipif(
        not (shutil.which("podman") and shutil.which("busybox")), reason="not installed: podman, busybox"
    ),
]


def runtime() -> list[str]:
    """Name runc where both versions of cgroups have controllers (hybrid mode): crun starts nothing there."""
    hybrid = Path("/sys/fs/cgroup/unified").is_dir()
    return ["--runtime=runc"] if hybrid and shutil.which("runc") else []


@dataclass(frozen=True)
class Podman:
    """A Podman with its state below a folder; ``user`` is who runs it."""

    folder: Path
    user: int = 0

    @property
    def socket(self) -> Path:
        return self.folder / "podman.sock"

    def command(self, *arguments: str) -> list[str]:
        store = [f"--root={self.folder}/root", f"--runroot={self.folder}/run", "--storage-driver=vfs"]
        return ["podman", *store, *runtime(), "--cgroup-manager=cgroupfs", *arguments]

    @property
    def environ(self) -> dict[str, str]:
        home = str(self.folder)
        return {"PATH": os.environ["PATH"], "HOME": home, "XDG_RUNTIME_DIR": home, "XDG_CONFIG_HOME": home}

    def run(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self.command(*arguments), check=True, capture_output=True, env=self.environ, user=self.user, timeout=60,
            cwd=self.folder, **options,
        )  # fmt: skip

    def ours(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dindguard, which asks this Podman."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "dindguard", *arguments], check=False, capture_output=True, text=True,
            timeout=60, cwd=self.folder, env={"PATH": os.environ["PATH"], "DOCKER_HOST": f"unix://{self.socket}"},
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def findings(self, *arguments: str) -> dict[str, list[str]]:
        """Return what the audit says, by rule."""
        done = self.ours("audit", "docker", "--format", "json", *arguments)
        assert done.returncode in (0, 1), done.stderr
        found: dict[str, list[str]] = {}
        for each in json.loads(done.stdout)["findings"]:
            found.setdefault(each["rule"], []).append(each["message"])
        return found


@contextlib.contextmanager
def serving(podman: Podman) -> Iterator[Podman]:
    """Let Podman answer at its socket, and end it with what it started: a rootless one lives in a child of its own."""
    service = subprocess.Popen(
        podman.command("system", "service", "--time=0", f"unix://{podman.socket}"), env=podman.environ, user=podman.user,
        cwd=podman.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(200):
            if podman.socket.exists() or service.poll() is not None:
                break
            time.sleep(0.05)
        assert podman.socket.exists(), "podman does not answer"
        yield podman
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(service.pid, signal.SIGTERM)
        service.wait(20)
        for pause in podman.folder.glob("libpod/tmp/pause.pid"):  # a rootless one keeps its user namespace so
            os.kill(int(pause.read_text()), signal.SIGTERM)


def imported(podman: Podman) -> None:
    """Give it an image that sleeps."""
    tree = podman.folder / "tree"
    (tree / "bin").mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", tree / "bin/busybox")
    (tree / "bin/sleep").symlink_to("busybox")
    archive = subprocess.run(["tar", "-C", str(tree), "-c", "."], check=True, capture_output=True).stdout
    podman.run("import", "-", NAME, input=archive)


@pytest.fixture(scope="module")
def rootful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    podman = Podman(tmp_path_factory.mktemp("rootful"))
    imported(podman)
    # Wider limits than the test's own are not this machine's to give.
    limits = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")
    start = ("run", "--detach", "--network=none", *limits)
    with serving(podman):
        podman.run(*start, f"--volume={podman.folder}:/run/podman", "--name=mounts", NAME, "/bin/sleep", "600")
        podman.run(*start, "--privileged", "--name=wide", NAME, "/bin/sleep", "600")
        podman.run(*start, "--cap-drop=all", "--name=plain", NAME, "/bin/sleep", "600")
        yield podman
        podman.run("rm", "--all", "--force", "--time=0")


@pytest.fixture(scope="module")
def found(rootful: Podman) -> dict[str, list[str]]:
    return rootful.findings()


def test_podman_is_told_from_docker_and_judged_as_itself(found: dict[str, list[str]]) -> None:
    assert any("podman engine" in each for each in found["copying-storage-driver"])
    assert not {"end-of-life-engine", "vulnerable-engine", "outdated-engine"} & set(found)


def test_what_runs_in_it_is_found(found: dict[str, list[str]]) -> None:
    (socket,) = found["host-engine-socket"]
    assert "container 'mounts' can command the host's podman engine" in socket
    assert [each for each in found["privileged-container"] if "'wide'" in each]
    assert "'plain'" not in json.dumps(found)


def test_a_rootless_podman_says_so() -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to other users
        folder = Path(place)
        os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
        asked_rootless(folder)


def asked_rootless(folder: Path) -> None:
    with serving(Podman(folder, NOBODY.pw_uid)) as podman:
        saved = podman.ours("audit", "docker", "--save", str(folder / "facts.json"), "--exit-zero")
        assert saved.returncode == 0, saved.stderr
        facts = json.loads((folder / "facts.json").read_text("utf-8"))
        assert facts["info"]["Rootless"] is True
        model = json.loads(podman.ours("model", "--format", "json", str(folder / "facts.json")).stdout)
        assert model["host_engines"][0]["rootless"] == "yes"
        checked = podman.ours("env", "check").stdout
        assert "engine: Podman 4" in checked
        assert "rootless" in checked.partition("its own security options:")[2].splitlines()[0]
        refused = podman.ours("env", "up", "nested")
        assert refused.returncode == ENGINE
        assert "a rootless Podman sets no limits" in refused.stderr
        if facts["info"]["CgroupVersion"] == "1":
            assert kept_by(podman) == (0, 0, []), "no limit is set and no device told, and nothing is said of either"


def kept_by(podman: Podman) -> tuple[int, int, list[object]]:
    """Return what is told of limits and a device that were asked for: why it is refused as an outer engine."""
    imported(podman)
    with contextlib.closing(docker.APIClient(f"unix://{podman.socket}")) as api:
        asked = {"mem_limit": "100m", "pids_limit": 64, "devices": ["/dev/null:/dev/other:rw"]}
        host = api.create_host_config(network_mode="none", **asked)
        made = api.create_container(NAME, ["/bin/sleep", "60"], host_config=host)["Id"]
        try:
            told = api.inspect_container(made)["HostConfig"]
        finally:
            api.remove_container(made, force=True)
    return told["Memory"], told["PidsLimit"], told["Devices"]
