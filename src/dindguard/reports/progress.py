"""A progress bar on a terminal's standard error, for work that takes long."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

PATIENCE = 0.7
"""Seconds before the bar appears; quick work shows none."""

EVERY = 0.1
"""Seconds between two drawings."""


class Progress:
    """Called with files done and files in all; removes its bar on leaving."""

    def __init__(self) -> None:
        self._wanted = sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self, done: int, total: int) -> None:
        """Draw the bar, if it is time."""
        if not self._wanted or total <= 0 or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        self._drawn = True
        full = min(30, 30 * done // total)
        sys.stderr.write(f"\r\x1b[K[{'#' * full}{'.' * (30 - full)}] {done} of {total} files")
        sys.stderr.flush()
