"""Texts that come again: aliases, inheritance and loops hand one script to a thousand jobs, and COPY one to a thousand images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from dindguard import budget
from dindguard.source import Embedded, Source

if TYPE_CHECKING:
    from dindguard.budget.stocks import Stock

_SCRIPTS = frozenset({"shell", "powershell", "batch", "make", "just"})
"""Hints of texts of which nothing is read unless they name an engine."""

_LENGTH, _LENGTH_OF_DATA = 400, 150
"""So many characters of a text that comes again cost what one mention of an engine in it does: of a script, and of others."""

_Place: TypeAlias = tuple[str, int, int]
"""As what script a text is read, and where in the file a part of it stands: the first character and the last one."""


OWN = 64
"""For so many characters a file may name an engine once more in what is handed out again, whatever others do."""


class Repeats:
    """Counts how often what is handed out again names engines: each time may be a container.

    A text may come again in whole, or in parts: a job's own script stands behind the one that all jobs share. It may come
    again within its file, or in other files (a script that many images copy); what is beyond a file's own is all files'.
    """

    def __init__(self) -> None:
        self._seen: dict[str, set[_Place]] = {}
        self._own: dict[str, int] = {}
        self._told: set[str] = set()
        self._costs: dict[tuple[int | str, str], int] = {}
        """By texts or files, and as what they are read."""

    def fits(self, source: Source) -> bool:
        """Whether an embedded text may be read as well; the first time it always may."""
        seen = self._seen.setdefault(source.path, set())
        again: list[str] = []
        for place, text in _parts(source):
            if place in seen:
                again.append(text)
            else:
                seen.add(place)
        costs = self._cost(source, again) if again else 0
        if not costs:
            return True
        left = self._own.setdefault(source.path, source.file.size // OWN)
        self._own[source.path] = max(left - costs, 0)
        if costs <= left or self._stock.holds(costs - left):
            return True
        if source.path not in self._told:  # to know where a text begins and ends costs as much as to read it
            self._told.add(source.path)
            budget.met(budget.REPEATED_TEXTS, source.whole())
        return False

    @cached_property
    def _stock(self) -> Stock:
        from dindguard.budget.stocks import stock  # few scans need any

        return stock(budget.REPEATED_TEXTS)

    def _cost(self, source: Source, again: list[str]) -> int:
        """Return what it costs to read parts of a text again; each, and each whole file, is looked at once."""
        parts = "\n".join(again) if source.parent is not None else ""
        key = hash(parts) if parts else source.path, source.hint if source.hint in _SCRIPTS else ""
        if key not in self._costs:
            self._costs[key] = _cost(parts or source.text, source.hint)
        return self._costs[key]


def as_often_as_may_be(held: Iterable[tuple[int, Embedded]], repeats: Repeats) -> Iterator[tuple[int, Embedded]]:
    """Yield numbered texts without the repetitions that are too many."""
    for number, embedded in held:
        if repeats.fits(embedded.source):
            yield number, embedded


def _parts(source: Source) -> Iterator[tuple[_Place, str]]:
    """Yield the parts of an embedded text that stand in the file one by one, each with its place there; of a file, all of it."""
    text, hint = source.text, source.hint if source.hint in _SCRIPTS else ""
    if source.parent is None:
        yield (hint, 0, len(text)), text
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
    if hint in _SCRIPTS or text.startswith("#!"):
        return named + 1 + len(text) // _LENGTH if named else 0
    return named + 1 + len(text) // _LENGTH_OF_DATA
