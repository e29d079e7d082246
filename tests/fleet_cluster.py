"""A Dask cluster for tests: processes of their own, with TLS, in network namespaces if they may be made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE = 120.0
_SETTINGS = {
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "6s",
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "10",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s",
    "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true",
}


class Namespaces:
    """A network of this process's own: a hub, and one namespace for each worker, joined to it."""

    def __init__(self, count: int) -> None:
        self._prefix = f"dg{os.getpid()}"
        self._count = count

    @staticmethod
    def possible() -> str:
        """Return why no namespaces can be made; empty if they can."""
        if shutil.which("ip") is None:
            return "there is no 'ip' program"
        name = f"dgtest{os.getpid()}"
        made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
        if made.returncode:
            return made.stderr.strip() or "'ip netns add' failed"
        subprocess.run(["ip", "netns", "del", name], check=False)
        return ""

    def __enter__(self) -> Self:
        hub = f"{self._prefix}hub"
        self._ip("netns", "add", hub)
        self._ip("-n", hub, "link", "set", "lo", "up")
        self._ip("-n", hub, "link", "add", "br0", "type", "bridge")
        self._ip("-n", hub, "addr", "add", "10.213.0.1/24", "dev", "br0")
        self._ip("-n", hub, "link", "set", "br0", "up")
        for number in range(1, self._count + 1):
            name, port = f"{self._prefix}w{number}", f"p{number}"
            self._ip("netns", "add", name)
            self._ip("-n", name, "link", "set", "lo", "up")
            self._ip("-n", hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
            self._ip("-n", hub, "link", "set", port, "master", "br0", "up")
            self._ip("-n", name, "addr", "add", f"10.213.0.{number + 1}/24", "dev", "eth0")
            self._ip("-n", name, "link", "set", "eth0", "up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in (f"{self._prefix}hub", *(f"{self._prefix}w{number}" for number in range(1, self._count + 1))):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    def within(self, number: int) -> list[str]:
        """Return the command that runs another one in the hub (0) or in a worker's namespace."""
        return ["ip", "netns", "exec", f"{self._prefix}{f'w{number}' if number else 'hub'}"]

    def cut(self, number: int) -> None:
        """Cut a worker off: its wire ends in nothing."""
        self._ip("-n", f"{self._prefix}hub", "link", "set", f"p{number}", "down")

    @staticmethod
    def _ip(*arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, capture_output=True)


class TestCluster:
    """A scheduler and workers. ``environment`` is what a driver needs to be let in."""

    __test__ = False

    def __init__(self, folder: Path, namespaces: Namespaces | None) -> None:
        self.folder, self._namespaces = folder, namespaces
        self._stack = ExitStack()
        self.workers: dict[int, subprocess.Popen[bytes]] = {}
        self.address = ""
        self._certify()

    def _certify(self) -> None:
        from distributed.security import Security

        made = Security.temporary()
        for name, text in (("ca", made.tls_ca_file), ("cert", made.tls_client_cert), ("key", made.tls_client_key)):
            (self.folder / f"{name}.pem").write_text(str(text))
        files = {
            "CA_FILE": "ca", "CLIENT__CERT": "cert", "CLIENT__KEY": "key", "WORKER__CERT": "cert", "WORKER__KEY": "key",
            "SCHEDULER__CERT": "cert", "SCHEDULER__KEY": "key",
        }  # fmt: skip
        tls = {f"DASK_DISTRIBUTED__COMM__TLS__{key}": f"{self.folder}/{name}.pem" for key, name in files.items()}
        self.environment = {**os.environ, **_SETTINGS, **tls}

    def within(self, number: int = 0) -> list[str]:
        """Return what stands before a command that is to run beside the scheduler, or where a worker is."""
        return self._namespaces.within(number) if self._namespaces is not None else []

    def _start(self, number: int, name: str, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        log = self._stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            [*self.within(number), sys.executable, "-m", "distributed.cli.dask_" + name.split("-", maxsplit=1)[0], *arguments],
            env={**self.environment, **more}, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self._stack.callback(_ended, process)
        return process

    def start(self, **settings: str) -> None:
        """Start the scheduler."""
        host = "10.213.0.1" if self._namespaces is not None else "127.0.0.1"
        contact = self.folder / "scheduler.json"
        self._start(
            0, "scheduler", "--protocol", "tls", "--host", host, "--port", "0", "--no-dashboard", "--no-show",
            "--scheduler-file", str(contact), **settings,
        )  # fmt: skip
        wait_for(lambda: contact.exists() and contact.read_text().rstrip().endswith("}"), "the scheduler")
        import json

        self.address = json.loads(contact.read_text())["address"]

    def add(self, number: int, *arguments: str, **more: str) -> None:
        """Start a worker."""
        host = f"10.213.0.{number + 1}" if self._namespaces is not None else "127.0.0.1"
        name = f"worker-{number}"
        self.workers[number] = self._start(
            number, name, self.address, "--host", host, "--name", name, "--no-dashboard", "--nthreads", "1",
            "--local-directory", str(self.folder / name), *arguments, **more,
        )  # fmt: skip
        log = self.folder / f"{name}.log"
        wait_for(lambda: b"Registered to:" in log.read_bytes(), f"worker {number}, see {log}")

    def close(self) -> None:
        """End all processes, by their own ids."""
        self._stack.close()


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def cluster(folder: Path, workers: int = 0, namespaces: Namespaces | None = None) -> Iterator[TestCluster]:
    """Give a running cluster with some workers."""
    folder.mkdir(exist_ok=True)
    made = TestCluster(folder, namespaces)
    try:
        made.start()
        for number in range(1, workers + 1):
            made.add(number)
        yield made
    finally:
        made.close()


def wait_for(ready: object, what: str) -> None:
    """Wait until something holds; fails, saying what was waited for."""
    assert callable(ready)
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
