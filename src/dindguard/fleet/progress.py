"""How far a fleet's scan is: on a terminal one line that is drawn again, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections import deque

_DRAW = 0.2
_SAY = 30.0
_WINDOW = 60.0
"""The rate is that of the last so many seconds."""


class Progress:
    """Told of each repository that is done; says so on standard error."""

    def __init__(self, total: int) -> None:
        self._total = total
        self.done = self.quarantined = self.failed = 0
        self._times: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._terminal = sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + (_DRAW if self._terminal else _SAY)

    def tick(self) -> None:
        """Say how far it is, if it is time."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (_DRAW if self._terminal else _SAY)
        self._times.append((now, self.done))
        while len(self._times) > 2 and now - self._times[0][0] > _WINDOW:
            self._times.popleft()
        self._write(self.line())

    def line(self) -> str:
        """Return the line: done, quarantined, failed, rate, time left."""
        (then, before), (now, done) = self._times[0], self._times[-1]
        rate = (done - before) / (now - then) if now > then else 0.0
        parts = [f"{self.done:,} of {self._total:,} repositories"]
        parts += [f"{self.quarantined:,} quarantined"] if self.quarantined else []
        parts += [f"{self.failed:,} to be tried again"] if self.failed else []
        parts += [f"{rate:.1f}/s", f"{duration((self._total - self.done) / rate)} left"] if rate else []
        return " · ".join(parts)

    def _write(self, text: str) -> None:
        if sys.stderr is None:
            return
        sys.stderr.write(f"\r\x1b[K{text}" if self._terminal else f"{text}\n")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line off the terminal."""
        if self._terminal and sys.stderr is not None:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def duration(seconds: float) -> str:
    """Return a duration in words: ``40 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
