"""What a scan is at, on a terminal's standard error: from the first second to the last, and nothing of it stays."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

PATIENCE = 0.7
"""Seconds before the line appears; quick work shows none."""

EVERY = 0.1
"""Seconds between two drawings."""

WIDTH = 30
"""Signs of the bar."""


class Progress:
    """Called with what is being done, how much of it is done and how much there is (0 when nobody knows).

    It draws by itself as well, for as long as something takes: a timer's signal does it where there is one, for a thread
    would have to be ended before a process can be forked.
    """

    def __init__(self) -> None:
        self._wanted = sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE
        self._drawn = False
        self._now = ("", 0, 0)
        self._before: Any = None

    def __enter__(self) -> Self:
        if self._wanted:
            self._start_timer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        """Note what is being done, and draw it if it is time."""
        self._now = (what, done, total)
        if self._wanted and time.monotonic() >= self._next:
            self._draw()

    def close(self) -> None:
        """Remove the line: something else is written now."""
        if sys.platform != "win32" and self._before is not None:
            import signal

            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)
            self._before = None
        self._wanted = False
        if self._drawn:
            self._drawn = False
            _put("\r\x1b[K")

    def _start_timer(self) -> None:
        import signal
        import threading

        if sys.platform != "win32" and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGALRM, self._timer)
            signal.setitimer(signal.ITIMER_REAL, PATIENCE, EVERY)

    def _timer(self, *_: object) -> None:
        if self._wanted and self._now[0] and time.monotonic() >= self._next:
            self._draw()

    def _draw(self) -> None:
        self._next = time.monotonic() + EVERY
        self._drawn = True
        _put(f"\r\x1b[K{_line(*self._now)}")


def _line(what: str, done: int, total: int) -> str:
    if total <= 0:
        return f"{what} ({done})" if done else what
    full = min(WIDTH, WIDTH * done // total)
    return f"[{'#' * full}{'.' * (WIDTH - full)}] {what}: {done} of {total}"


def _put(text: str) -> None:
    """Write past the stream's buffer, which the work that a signal interrupts may be writing to."""
    import os

    try:
        number = sys.stderr.fileno()
    except (OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
        return
    os.write(number, text.encode())
