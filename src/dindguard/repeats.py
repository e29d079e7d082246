"""Texts inside documents that come again: aliases, inheritance and loops hand one script to a thousand jobs."""

from __future__ import annotations

from dindguard import budget, memory
from dindguard.source import Source

_SCRIPTS = frozenset({"shell", "powershell", "batch", "make", "just"})
"""Hints of texts of which nothing is read unless they name an engine."""

_LENGTH = 400
"""So many characters of a text that comes again cost what one mention of an engine in it does."""


class Repeats:
    """Counts, for each file, how often texts in it that are handed out again name engines: each time may be a container."""

    def __init__(self) -> None:
        self._costs: dict[object, int | None] = {}
        self._count: dict[str, int] = {}

    def fits(self, source: Source) -> bool:
        """Whether an embedded text may be read as well; the first time it always may."""
        key = memory.key_of(source)
        if key not in self._costs:
            self._costs[key] = None
            return True
        costs = self._costs[key]
        if costs is None:
            costs = self._costs[key] = _cost(source)
        if not costs:
            return True
        count = self._count[source.path] = self._count.get(source.path, 0) + costs
        return count <= budget.REPEATED_TEXTS.most or budget.within(budget.REPEATED_TEXTS, count, source.whole())


def _cost(source: Source) -> int:
    """Return what it costs to read a text again; nothing if nothing is read of it."""
    from dindguard.scripts.commands import mentions

    named = mentions(source.text)
    return named + 1 + len(source.text) // _LENGTH if named or source.hint not in _SCRIPTS else 0
