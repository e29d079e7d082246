"""Work on many things of a scan, done by copies of this process: each knows all that is known here when it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias, TypeVar

from dindguard import budget, memory
from dindguard.charts import Takings
from dindguard.coverage import Book
from dindguard.files import Files
from dindguard.records import record
from dindguard.trees import Trees

Item = TypeVar("Item")
Made = TypeVar("Made")

_WORTH = 100
"""Fewer things are not worth the start of a process."""

_PIECE = 24
"""So many things are handed on at a time; neighbours, which often need the same of a chart."""

Answer: TypeAlias = "tuple[bytes, budget.Met]"
"""What was made of a thing, packed, and the limits that were met; nothing of what this process has to make itself."""


@record
class Answers:
    """What a copy made of one piece, and what is to be noted of it."""

    made: list[Answer]
    book: Book
    takings: dict[str, Takings]


class Sharing:
    """Shares work out among ``count`` copies of this process; with one, or where copies are not safe, it does it itself."""

    def __init__(self, trees: Trees, files: Files, count: int) -> None:
        self._trees = trees
        self._files = files
        self._count = count

    def each(
        self, items: Iterable[Item], work: Callable[[Item], Made], known: Callable[[Item], Iterable[object]]
    ) -> Iterator[tuple[Item, Made]]:
        """Yield each thing with what ``work`` makes of it, in their order.

        What is ``known`` of a thing is in this process what it is in a copy, wherever it stands in what is made.
        What ``work`` changes counts for nothing, but for what trees and the open ledger note. What it takes of what was
        yielded before it must tell of itself: a copy knows what was known when it began.
        """
        for item, made in self.ahead(items, work, known):
            yield item, work(item) if made is None else made

    def ahead(
        self, items: Iterable[Item], work: Callable[[Item], Made | None], known: Callable[[Item], Iterable[object]]
    ) -> Iterator[tuple[Item, Made | None]]:
        """Yield each thing with what copies have made of it; nothing where there are none, or what was made cannot travel."""
        if self._count > 1 and not memory.kept():
            items = list(items)
            if len(items) >= _WORTH and _may_fork():
                yield from self._shared(items, work, known)
                return
        for item in items:
            yield item, None

    def told(self, items: Iterable[Item], work: Callable[[Item], Made | None]) -> Iterator[Made | None]:
        """Yield what copies have made of each thing, as :meth:`ahead`, where none of it is known here."""
        for _, made in self.ahead(items, work, lambda _: ()):
            yield made

    def _shared(
        self, items: list[Item], work: Callable[[Item], Made | None], known: Callable[[Item], Iterable[object]]
    ) -> Iterator[tuple[Item, Made | None]]:
        from dindguard.packing import Sources, unpacked
        from dindguard.workers import Workers

        sources = Sources(self._files)
        pieces = range(0, len(items), _PIECE)
        crew: Workers[int, Answers]
        with Workers(_Copy(items, work, known, self._trees), self._count) as crew:
            for first, answers in zip(pieces, crew.map(pieces), strict=True):
                self._trees.book.add(answers.book)
                self._trees.take(answers.takings)
                for number, (made, met) in enumerate(answers.made, first):
                    item = items[number]
                    if made:
                        budget.meet(met)
                        yield item, unpacked(made, sources, known(item))[0]
                    else:
                        yield item, None


def _may_fork() -> bool:
    from dindguard.workers import may_fork  # one process alone starts no others

    return may_fork()


class _Copy:
    """What a copy of this process does: it is never sent, for the copy has all of it."""

    def __init__(
        self,
        items: list[Any],
        work: Callable[[Any], Any],
        known: Callable[[Any], Iterable[object]],
        trees: Trees,
    ) -> None:
        self._items = items
        self._work = work
        self._known = known
        self._trees = trees
        self._told: dict[str, Takings] = {}

    def begin(self) -> Callable[[int], Answers]:
        """Return the work on one piece."""
        self._told = self._trees.takings({})
        return self._piece

    def _piece(self, first: int) -> Answers:
        items = self._items[first : first + _PIECE]
        made, noted = self._trees.apart(lambda: [self._answer(item) for item in items])
        if noted.said:  # whoever reads on has to note it in its turn
            made = [(b"", ())] * len(items)
        takings = self._trees.takings(self._told)
        for home, each in takings.items():
            self._told[home] = each if home not in self._told else self._told[home].with_more(each)
        return Answers(made, noted.book, takings)

    def _answer(self, item: Any) -> Answer:
        from dindguard.packing import packed

        try:
            with budget.opened() as ledger:
                made = packed([self._work(item)], self._known(item))
            return made, tuple((limit, at.span) for limit, at in ledger.met_limits)
        except Exception:  # this process meets it again, in its turn; nodes do not travel, nor what nests too deeply
            return b"", ()
