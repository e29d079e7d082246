"""Runs the scan of one repository in a process, ends it when it takes too long, and keeps the evidence when it breaks."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, Any

from dindguard.fleet import child, staging
from dindguard.fleet.limits import EVIDENCE, UNIT
from dindguard.fleet.request import Answer, Request
from dindguard.fleet.schema import REPOSITORIES, Standing
from dindguard.fleet.staging import Filled
from dindguard.records import record

_REASONS = {child.REFUSED: "refused", child.MEMORY: "memory", child.OUTPUT: "output"}
_RUNNING: set[int] = set()
"""The processes that are running, by their id: each is ended when whoever started them is interrupted."""

_STOPPED = threading.Event()


class InterruptedScanError(Exception):
    """The process was ended because everything is; nothing is to be concluded from that."""


@record(kw_only=True)
class Ended:
    """How a process ended: its code, or the signal; what it used; what it printed and complained of last."""

    code: int
    signal: int
    overdue: bool
    seconds: float
    cpu: float
    memory: int
    printed: str
    complaint: str


def run(request: Request) -> Answer:
    """Scan a repository in a fresh process; what breaks that is staged as a quarantined repository."""
    ended = _ended(request)
    if _STOPPED.is_set():
        raise InterruptedScanError
    lines = ended.printed.splitlines()
    answer = Answer.of(lines[-1]) if lines and ended.code == 0 else None
    if answer is not None:
        return answer
    key = lines[0] if lines and _is_key(lines[0]) else request.key_of_source()
    return quarantine(request, key, ended)


def stop() -> None:
    """End every process that is running, by its own id."""
    _STOPPED.set()
    for pid in list(_RUNNING):
        _kill(pid)


def _ended(request: Request) -> Ended:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "dindguard.fleet.child"], stdin=subprocess.PIPE, stdout=out, stderr=errors,
            process_group=0, env=_environment(),
        )  # fmt: skip
        _RUNNING.add(process.pid)
        try:
            _hand_over(process, request)
            overdue, status, used = _collected(process.pid, request.asking.limits.wall)
        finally:
            _RUNNING.discard(process.pid)
        process.returncode = os.waitstatus_to_exitcode(status)
        _kill(process.pid)  # what it started and left behind, if anything, is in its group
        return Ended(
            code=max(process.returncode, -1),
            signal=max(-process.returncode, 0),
            overdue=overdue,
            seconds=time.monotonic() - start,
            cpu=used.ru_utime + used.ru_stime,
            memory=used.ru_maxrss * UNIT,
            printed=_tail(out, 4096),
            complaint=_tail(errors, 4 * EVIDENCE),
        )


def _environment() -> dict[str, str]:
    """Return the environment of a scan: nothing by which somebody's settings could come in."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONHASHSEED": "0"}


def _hand_over(process: subprocess.Popen[bytes], request: Request) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(request.text().encode() + b"\n")
        process.stdin.close()
    except BrokenPipeError:
        pass  # it ended before it read: its code says why


def _collected(pid: int, seconds: float) -> tuple[bool, int, Any]:
    """Wait so many seconds for a process, end it if it goes on, and return whether that was so, its status and its use."""
    if sys.platform == "win32":
        raise NotImplementedError  # the command says so before
    deadline = time.monotonic() + seconds
    if hasattr(os, "pidfd_open"):  # Linux alone: elsewhere it is asked again and again
        descriptor = os.pidfd_open(pid)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            poll.poll(seconds * 1000)
        finally:
            os.close(descriptor)
    while True:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return False, status, used
        if time.monotonic() >= deadline:
            _kill(pid)
            return True, *os.wait4(pid, 0)[1:]
        time.sleep(0.01)


def _kill(pid: int) -> None:
    if sys.platform == "win32":
        raise NotImplementedError  # the command says so before
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _tail(file: IO[bytes], most: int) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - most))
    return file.read(most).decode("utf-8", "replace")


def _is_key(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


# -- quarantine -------------------------------------------------------------------------------------


def quarantine(request: Request, key: str, ended: Ended) -> Answer:
    """Stage a repository whose scan broke, with the evidence, and return that as an answer."""
    from dindguard.fleet.scanned import said_of
    from dindguard.reports import safe
    from dindguard.reports.masking import Masks

    row = Filled(REPOSITORIES).row(
        run=request.asking.run,
        repository=request.name,
        **said_of(request),
        key=key,
        standing=Standing.QUARANTINED.value,
        reason=reason_of(ended),
        evidence=Masks(None).document("\n".join(map(safe.visible, ended.complaint.split("\n"))))[-EVIDENCE:],
        exit_code=ended.code,
        signal=_name(ended.signal) if ended.signal else "",
        scanned_at=int(time.time() * 1e6),
        seconds=round(ended.seconds, 4),
        cpu_seconds=round(ended.cpu, 4),
        peak_memory=ended.memory,
    )
    answer = Answer(key, Standing.QUARANTINED, "", fresh=True)
    staging.write(request.asking.out, answer, [row], request.asking.limits.output)
    return answer


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def reason_of(ended: Ended) -> str:
    """Return the kind of a scan's end."""
    if sys.platform == "win32":
        raise NotImplementedError  # the command says so before
    if ended.overdue:
        return "wall-time"
    if ended.signal == signal.SIGXCPU:
        return "cpu-time"
    if ended.signal == signal.SIGXFSZ:
        return "output"
    if ended.signal:
        return "signal"
    return _REASONS.get(ended.code, "crash")
