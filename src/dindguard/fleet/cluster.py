"""Dask as a queue of texts: requests go in, answers come out, and nothing else is believed."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dindguard.errors import UserError
from dindguard.fleet.inert import Refused, refuse_pickles
from dindguard.fleet.task import FAILED, probe, task
from dindguard.printable import printable

_NOBODY = "127.0.0.1:0"
"""Where Dask's own pages are: they cannot be left out, and would be on every interface of the machine."""

_QUIET = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.admin.event-loop": "tornado",
    "distributed.admin.log-length": 100,
    "distributed.admin.low-level-log-length": 100,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.log-length": 10,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "60s",
    "distributed.diagnostics.computations.max-history": 1,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.allowed-failures": 3,
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.profile.enabled": False,
    "distributed.client.heartbeat": "10s",
}
"""What a fleet does not need of Dask: it costs processor time, or grows with every task."""

_CONNECT = "15s"
_PROBE = 30.0
_ANSWER = "60s"


class LostClusterError(Exception):
    """The scheduler is gone, or answers no more."""


class Cluster:
    """A client of a Dask cluster. ``slots`` is how many tasks run at once."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._done: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._futures: dict[int, Any] = {}

    @property
    def slots(self) -> int:
        """How many tasks the workers can run at once now."""
        threads = self._client.scheduler_info(n_workers=-1).get("workers", {})
        return sum(int(each.get("nthreads", 0)) for each in threads.values())

    def submit(self, number: int, attempt: int, text: str) -> None:
        """Have a request done; its number comes out when there is an answer."""
        future = self._client.submit(task, text, key=f"dindguard-{number}-{attempt}", pure=False, retries=0)
        self._futures[number] = future
        future.add_done_callback(lambda _: self._done.put(number))

    def next(self, seconds: float) -> tuple[int, object] | None:
        """Return a number and what a worker says of it, ``None`` when nothing comes in time.

        Raises :class:`LostClusterError` when nothing can come any more.
        """
        try:
            number = self._done.get(timeout=seconds)
        except queue.Empty:
            if self._client.status in ("closed", "closing", "connecting"):
                raise LostClusterError("the scheduler is gone") from None
            return None
        future = self._futures.pop(number, None)
        if future is None:
            return None  # an answer of one that was given up
        try:
            return number, self._said(future)
        finally:
            future.release()

    def give_up(self, number: int) -> None:
        """Wait no more for an answer."""
        future = self._futures.pop(number, None)
        if future is not None:
            future.cancel()

    def _said(self, future: Any) -> object:
        if future.status != "finished":
            return f"{FAILED}{_why(future)}"
        try:
            return future.result(timeout=_ANSWER)
        except Exception as error:
            return f"{FAILED}{printable(error, 80)}"

    def probed(self, paths: list[str]) -> dict[str, object]:
        """Return what each worker says of itself and of paths, by its address; one that does not answer is not in it.

        Such a one is gone or cut off, and the scheduler will forget it.
        """
        addresses = list(self._client.scheduler_info(n_workers=-1)["workers"])
        futures = {
            address: self._client.submit(
                probe, "\n".join(paths), key=f"dindguard-probe-{os.urandom(4).hex()}", workers=[address], pure=False
            )
            for address in addresses
        }
        try:
            deadline = time.monotonic() + _PROBE
            while any(each.status == "pending" for each in futures.values()) and time.monotonic() < deadline:
                time.sleep(0.05)
            return {address: self._said(each) for address, each in futures.items() if each.status != "pending"}
        finally:
            for future in futures.values():
                future.release()

    def close(self) -> None:
        """Let go of what is left, and leave."""
        for future in self._futures.values():
            future.release()


def _why(future: Any) -> str:
    if future.status in ("cancelled", "lost"):
        return "the scheduler forgot the task"
    error = future._state.exception
    return "its worker failed, or ended" if isinstance(error, Refused) else printable(error, 80)


@contextmanager
def _silent() -> Iterator[None]:
    """Keep Dask from writing logs: what matters is told in a sentence, and what workers say is not to be printed."""
    import logging

    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def local(workers: int) -> Iterator[Cluster]:
    """Give a cluster inside this process: a scheduler, and one thread for each scan process at a time."""
    import dask
    from distributed import Client, LocalCluster

    with _silent(), dask.config.set(_QUIET):
        inside = LocalCluster(
            n_workers=1, threads_per_worker=workers, processes=False, memory_limit=0, silence_logs=50,
            dashboard_address=_NOBODY, worker_dashboard_address=_NOBODY,
        )  # fmt: skip
        with inside, Client(inside, set_as_default=False) as client:
            cluster = Cluster(client)
            try:
                yield cluster
            finally:
                cluster.close()


@contextmanager
def remote(address: str) -> Iterator[Cluster]:
    """Give the cluster of a scheduler; Dask's own settings say how it is authenticated (TLS).

    From here on this process loads no pickle any more. Raises :class:`UserError` when it cannot be reached.
    """
    import dask
    from distributed import Client

    refuse_pickles()
    with _silent(), dask.config.set({**_QUIET, "distributed.comm.timeouts.connect": _CONNECT}):
        try:
            client = Client(
                address, set_as_default=False, timeout=_CONNECT, serializers=None, deserializers=["msgpack"],
                direct_to_workers=False,
            )  # fmt: skip
        except (OSError, TimeoutError, ValueError, RuntimeError, TypeError) as error:
            raise UserError(f"--scheduler {address}: cannot be reached: {printable(error)}") from None
        cluster = Cluster(client)
        try:
            for topic in ("print", "warn"):
                client.unsubscribe_topic(topic)
            yield cluster
        finally:
            cluster.close()
            client.close(timeout=2)
