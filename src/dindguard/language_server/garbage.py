"""When the memory of an editor's project is collected: models and trees are full of cycles, and there are many."""

from __future__ import annotations

import gc

_MANY = 20_000
"""Fewer new objects are not worth a collection."""

_TIMES = 30
"""So often only new objects are looked at before all are."""


class Garbage:
    """Collects by hand, so that no collection falls into a scan. What the first report has made is never looked at again."""

    def __init__(self) -> None:
        self._begun = False
        self._times = 0

    def collect_new(self) -> None:
        """Look at what one more report has made, if that is much: it costs as much as there is of it."""
        if not self._begun:
            self._begun = True
            gc.collect()
            gc.freeze()
            gc.disable()
        elif gc.get_count()[0] > _MANY:
            self._times += 1
            gc.collect(1)
            if self._times > _TIMES:
                self.collect_all()

    def collect_all(self) -> None:
        """Look at all that was made since the first report, if there is much new."""
        if self._times:
            self._times = 0
            gc.collect()
