"""TERM, INT and HUP become an exception at a moment when nothing is half made."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dindguard.errors import UserError

_NAMES = ("SIGTERM", "SIGINT", "SIGHUP")


class Interrupted(BaseException):
    """A signal asked the process to end; ``exit_code`` is the shell's 128 + number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.exit_code = 128 + number


class Guard:
    """Raises :class:`Interrupted` in the main thread, once, and inside ``unbroken`` sections only at their end.

    After the first signal there is nothing left but to clean up, which a second one must not prevent.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._pending: int | None = None
        self._raised = False

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Receive a signal: raise at once, or remember it for the end of the unbroken section."""
        if self._raised:
            return
        if self._depth:
            self._pending = number
        else:
            self._raised = True
            raise Interrupted(number)

    @contextmanager
    def unbroken(self) -> Iterator[None]:
        """Let no signal in until the end: a request whose answer is lost may still leave an object behind."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._pending is not None and not self._depth and not self._raised:
            self._raised = True
            raise Interrupted(self._pending)


@contextmanager
def guarded() -> Iterator[Guard]:
    """Catch the signals for the length of the block.

    A signal that the caller ignores (``nohup``) stays ignored.

    :class:`UserError` (2) on a system without these signals.
    """
    if not hasattr(signal, "SIGHUP"):
        raise UserError(
            "dindguard env needs a Unix (Linux, macOS, or WSL on Windows): this system has no SIGHUP, without which a "
            "closed terminal would leave an engine behind"
        )
    guard = Guard()
    if threading.current_thread() is not threading.main_thread():
        yield guard
        return
    former = {
        number: signal.signal(number, guard.handle)
        for number in (getattr(signal, name) for name in _NAMES)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield guard
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
