"""Texts inside documents that come again: aliases, inheritance and loops hand one script to a thousand jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from dindguard import budget
from dindguard.source import Embedded, Source

_SCRIPTS = frozenset({"shell", "powershell", "batch", "make", "just"})
"""Hints of texts of which nothing is read unless they name an engine."""

_LENGTH, _LENGTH_OF_DATA = 400, 150
"""So many characters of a text that comes again cost what one mention of an engine in it does: of a script, and of others."""

_Place: TypeAlias = tuple[str, int, int]
"""What a text is read as, and where in the file a part of it stands: the first character and the last one."""


class Repeats:
    """Counts, for each file, how often what is handed out again names engines: each time may be a container.

    A text may come again in whole, or in parts: a job's own script stands behind the one that all jobs share.
    """

    def __init__(self) -> None:
        self._seen: dict[str, set[_Place]] = {}
        self._count: dict[str, int] = {}

    def fits(self, source: Source) -> bool:
        """Whether an embedded text may be read as well; the first time it always may."""
        seen = self._seen.setdefault(source.path, set())
        again: list[str] = []
        for place, text in _parts(source):
            if place in seen:
                again.append(text)
            else:
                seen.add(place)
        costs = _cost("\n".join(again), source.hint) if again else 0
        if not costs:
            return True
        count = self._count[source.path] = self._count.get(source.path, 0) + costs
        return count <= budget.REPEATED_TEXTS.most or budget.within(budget.REPEATED_TEXTS, count, source.whole())


def as_often_as_may_be(held: Iterable[tuple[int, Embedded]]) -> Iterator[tuple[int, Embedded]]:
    """Yield numbered texts without the repetitions that are too many."""
    repeats = Repeats()
    for number, embedded in held:
        if repeats.fits(embedded.source):
            yield number, embedded


def _parts(source: Source) -> Iterator[tuple[_Place, str]]:
    """Yield the parts of an embedded text that stand in the file one by one, each with its place there."""
    text, hint = source.text, source.hint
    for segment in source.segments:
        first, last = segment.origin, segment.origin + max(segment.length - 1, 0)
        above = source.parent
        while above is not None and above.parent is not None:
            first, last = above.origin(first), above.origin(last)
            above = above.parent
        yield (hint, first, last), text[segment.start : segment.start + segment.length]


def _cost(text: str, hint: str) -> int:
    """Return what it costs to read a text again; nothing if nothing is read of it."""
    from dindguard.scripts.commands import mentions

    named = mentions(text)
    if hint in _SCRIPTS:
        return named + 1 + len(text) // _LENGTH if named else 0
    return named + 1 + len(text) // _LENGTH_OF_DATA
