"""Processes that do the same work on one piece after another, and give what they make in the order of the pieces."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from multiprocessing import connection
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from dindguard.errors import EndedError

Piece = TypeVar("Piece")
Made = TypeVar("Made")

_Given_contra = TypeVar("_Given_contra", contravariant=True)
_Gives_co = TypeVar("_Gives_co", covariant=True)


class Task(Protocol[_Given_contra, _Gives_co]):
    """What each process is told once; it must be able to travel to another process."""

    def begin(self) -> Callable[[_Given_contra], _Gives_co]:
        """Return the work, with all that it needs."""


class End(Protocol):
    """One end of a pipe: what :func:`multiprocessing.Pipe` returns, whose type is another one on Windows."""

    def send(self, what: Any, /) -> None:
        """Send what can be pickled."""

    def recv(self) -> Any:
        """Wait for what is sent, and return it; raises ``EOFError`` when the other end is closed."""

    def close(self) -> None:
        """Close it, which the other end hears."""


class Workers(Generic[Piece, Made]):
    """``count`` processes, ended when the block is left, however it is left.

    Where that is safe they are forks, which need no start of their own. They do not hear an interrupt: this process
    does, and ends them.
    """

    def __init__(self, task: Task[Piece, Made], count: int) -> None:
        self._task = task
        self._count = count
        self._processes: list[Any] = []
        self._asking: list[End] = []
        self._answers: list[End] = []

    def __enter__(self) -> Self:
        forks = may_fork()
        context = multiprocessing.get_context("fork" if forks else "spawn")
        for _ in range(self._count):
            pieces, asking = context.Pipe(duplex=False)
            answers, answering = context.Pipe(duplex=False)
            self._asking.append(asking)
            self._answers.append(answers)
            inherited = (*self._asking, *self._answers) if forks else ()
            given = (self._task, pieces, answering, inherited)
            process: Any = context.Process(target=_serve, args=given, daemon=True)  # type: ignore[attr-defined]  # both have it
            process.start()
            self._processes.append(process)
            pieces.close()
            answering.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            if kind is not None:
                process.kill()
        for end in (*self._asking, *self._answers):
            end.close()
        for process in self._processes:
            process.join()

    def map(self, pieces: Iterable[Piece]) -> Iterator[Made]:
        """Yield what is made of the pieces, in their order; raises :class:`EndedError` when a process has ended."""
        waiting = enumerate(pieces)
        at_work: dict[End, int] = {}
        made: dict[int, Made] = {}
        idle = list(self._answers)
        turn = 0
        more = True
        while more or at_work or made:
            while more and idle and len(made) < self._count * _AHEAD:
                number, piece = next(waiting, (-1, None))
                more = piece is not None
                if piece is not None:
                    end = idle.pop()
                    at_work[end] = number
                    self._send(end, piece)
            while turn in made:
                yield made.pop(turn)
                turn += 1
            for ready in _ready(at_work):
                made[at_work.pop(ready)] = self._receive(ready)
                idle.append(ready)

    def _send(self, end: End, piece: Piece) -> None:
        try:
            self._asking[self._answers.index(end)].send(piece)
        except OSError:
            raise self._died(end) from None

    def _receive(self, end: End) -> Made:
        try:
            made, failure = end.recv()
        except (EOFError, OSError):
            raise self._died(end) from None
        if failure:
            raise RuntimeError(f"in a process that reads files: {failure}")
        result: Made = made
        return result

    def _died(self, end: End) -> EndedError:
        process = self._processes[self._answers.index(end)]
        process.join(1)
        code = process.exitcode
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        message = (
            f"a process that reads files {how}, so the scan is incomplete: try --jobs 1, which needs less memory"
        )
        return EndedError(message)


def _ready(ends: Collection[End]) -> list[End]:
    """Wait for the first answers, and return the ends that have one; none where none is waited for."""
    waiting: Any = list(ends)
    answered: Any = connection.wait(waiting) if waiting else []
    ready: list[End] = answered
    return ready


_AHEAD = 4
"""So many results for each process may wait for one that comes before them."""


_MANY_OBJECTS = 50_000
"""Fewer that may be garbage are not worth a collection."""


def may_fork() -> bool:
    """Whether a copy of this process is safe: no other thread may hold what the copy waits for."""
    return sys.platform == "linux" and threading.active_count() == 1


def _serve(task: Task[Any, Any], pieces: End, answering: End, inherited: tuple[End, ...]) -> None:
    """Do the work on what comes, until the other end is closed; that is so when the process that has it ends, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for each in inherited:
        each.close()
    gc.freeze()
    gc.disable()  # what is made of a piece is walked once, not again and again while it grows
    work = task.begin()
    while True:
        try:
            piece = pieces.recv()
        except EOFError:
            return
        try:
            answer = (work(piece), "")
        except Exception as error:  # told by the other process, as a fault of ours
            answer = (None, f"{type(error).__name__}: {error}")
        try:
            answering.send(answer)
        except OSError:
            return
        del piece, answer
        if gc.get_count()[0] > _MANY_OBJECTS:
            gc.collect()
