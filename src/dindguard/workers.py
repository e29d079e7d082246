"""Processes that do the same work on one piece after another, and give what they make in the order of the pieces."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import connection
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
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

    def send_bytes(self, what: Any, /) -> None:
        """Send what was pickled already."""

    def recv(self) -> Any:
        """Wait for what is sent, and return it; raises ``EOFError`` when the other end is closed."""

    def close(self) -> None:
        """Close it, which the other end hears."""


class _Process:
    """One process: what it is asked by, what it answers by, and the numbers and weights of the pieces that it has."""

    def __init__(self, itself: Any, asking: End, answers: End) -> None:
        self.itself = itself
        self.asking = asking
        self.answers = answers
        self.pieces: deque[tuple[int, int]] = deque()
        self.weight = 0


class Workers(Generic[Piece, Made]):
    """``count`` processes, ended when the block is left, however it is left.

    Where that is safe they are forks, which need no start of their own. They do not hear an interrupt: this process
    does, and ends them.
    """

    def __init__(self, task: Task[Piece, Made], count: int) -> None:
        self._task = task
        self._count = count
        self._processes: list[_Process] = []

    def __enter__(self) -> Self:
        forks = may_fork()
        context = multiprocessing.get_context("fork" if forks else "spawn")
        ours: list[End] = []
        for _ in range(self._count):
            pieces, asking = context.Pipe(duplex=False)
            answers, answering = context.Pipe(duplex=False)
            ours += asking, answers
            given = (self._task, pieces, answering, tuple(ours) if forks else ())
            process: Any = context.Process(target=_serve, args=given, daemon=True)  # type: ignore[attr-defined]  # both have it
            process.start()
            self._processes.append(_Process(process, asking, answers))
            pieces.close()
            answering.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._processes:
            if kind is not None:
                each.itself.kill()
            each.asking.close()
            each.answers.close()
        for each in self._processes:
            each.itself.join()

    @property
    def busy(self) -> bool:
        """Whether anything that was given has not been taken."""
        return any(each.pieces for each in self._processes)

    def hungry(self, weight: int = 0) -> bool:
        """Whether one of them is about to run out of pieces, or would be before others have done what weighs that much."""
        return any(len(each.pieces) < _IN_HAND or each.weight < weight for each in self._processes)

    def give(self, number: int, piece: Piece, weight: int = 1) -> None:
        """Give a piece to the process that has least to do; raises :class:`EndedError` when it has ended."""
        process = min(self._processes, key=lambda each: (each.weight, len(each.pieces)))
        process.pieces.append((number, weight))
        process.weight += weight
        try:
            process.asking.send(piece)
        except OSError:
            raise _died(process) from None

    def taken(self, *, wait: bool) -> Iterator[tuple[int, Made]]:
        """Yield what has been made since, each with the number of its piece; perhaps ``wait`` for the first.

        Raises :class:`EndedError` when a process has ended.
        """
        at_work = {each.answers: each for each in self._processes if each.pieces}
        waiting: Any = list(at_work)
        ready: Any = connection.wait(waiting, None if wait else 0) if waiting else []
        for end in ready:
            process = at_work[end]
            made: Made = _received(process)
            number, weight = process.pieces.popleft()
            process.weight -= weight
            yield number, made

    def map(self, pieces: Iterable[Piece], own: Callable[[Piece], Made]) -> Iterator[Made]:
        """Yield what is made of the pieces, in their order.

        This process does its ``own`` work on a piece while all of the others have enough to do.
        Raises :class:`EndedError` when a process has ended.
        """
        waiting = enumerate(pieces)
        made: dict[int, Made] = {}
        turn = 0
        following = next(waiting, None)
        while following is not None or made or self.busy:
            few = len(made) < self._count * _AHEAD
            while following is not None and few and self.hungry():
                self.give(*following)
                following = next(waiting, None)
            while turn in made:
                yield made.pop(turn)
                turn += 1
            made.update(self.taken(wait=following is None or not few))
            if following is not None and few and not self.hungry():
                number, piece = following
                made[number] = own(piece)
                following = next(waiting, None)


def _received(process: _Process) -> Any:
    try:
        made, failure = process.answers.recv()
    except (EOFError, OSError):
        raise _died(process) from None
    if failure:
        raise RuntimeError(f"in a process that reads files: {failure}")
    return made


def _died(process: _Process) -> EndedError:
    process.itself.join(1)
    code = process.itself.exitcode
    how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    message = f"a process that reads files {how}, so the scan is incomplete: try --jobs 1, which needs less memory"
    return EndedError(message)


_IN_HAND = 2
"""So many pieces a process has at a time, so that it need not wait while nobody takes what it has made."""

_AHEAD = 64
"""So many results for each process may wait for one that comes before them."""

_MANY_OBJECTS = 50_000
"""Fewer that may be garbage are not worth a collection."""


def may_fork() -> bool:
    """Whether a copy of this process is safe: no other thread may hold what the copy waits for."""
    return sys.platform == "linux" and threading.active_count() == 1


def _serve(task: Task[Any, Any], pieces: End, answering: End, inherited: tuple[End, ...]) -> None:
    """Do the work on what comes, until the other end is closed; that is so when the process that has it ends, too.

    A thread sends the answers, so that the work goes on while nobody takes them.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for each in inherited:
        each.close()
    gc.freeze()
    gc.disable()  # what is made of a piece is walked once, not again and again while it grows
    work = task.begin()
    ready: SimpleQueue[Any] = SimpleQueue()
    sender = threading.Thread(target=_send, args=(ready, answering), daemon=True)
    sender.start()
    while True:
        try:
            piece = pieces.recv()
        except EOFError:
            break
        try:
            answer = (work(piece), "")
        except Exception as error:  # told by the other process, as a fault of ours
            answer = (None, f"{type(error).__name__}: {error}")
        ready.put(ForkingPickler.dumps(answer))
        del piece, answer
        if gc.get_count()[0] > _MANY_OBJECTS:
            gc.collect()
    ready.put(None)
    sender.join()


def _send(ready: SimpleQueue[Any], answering: End) -> None:
    """Send answers as they come, until there is none; those that nobody takes any more are dropped."""
    while (answer := ready.get()) is not None:
        try:
            answering.send_bytes(answer)
        except OSError:
            return
