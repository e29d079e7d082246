"""Work on many things of a scan, done by copies of this process: each knows all that is known here when it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from dindguard import budget, memory
from dindguard.charts import Takings
from dindguard.coverage import Book
from dindguard.files import Files
from dindguard.noting import MADE_AGAIN
from dindguard.records import field, record, replace
from dindguard.trees import Trees

if TYPE_CHECKING:
    from dindguard.formats import Document
    from dindguard.formats.recognition import Recogniser
    from dindguard.outlines import Outline
    from dindguard.source import Embedded, Source

Item = TypeVar("Item")
Made = TypeVar("Made")

Documents: TypeAlias = "Callable[[Embedded, Trees], Iterable[tuple[str, Document]]]"
"""What a text is recognised by: it gives documents, each with the name of its format."""

_WORTH = 64 * 1024
"""Things that weigh less are not worth the start of a process."""

_OF_EACH = 512
"""What a thing weighs besides its characters."""

_PARTS = 8
"""A copy is given an eighth of what would be its share of what is left."""

_LIGHTEST = 8 * 1024
"""A piece weighs so much at least: neighbours often need the same of a chart."""


@record
class Answers:
    """What a copy made of the things of one piece, packed: all ``together``, so that equal parts are held once, or each
    ``apart`` where one of them cannot travel, which this process has to make itself; and which limits each has met.

    ``book`` and ``takings`` are what is to be noted of all.
    """

    together: bytes
    apart: list[bytes]
    met: list[budget.Met]
    book: Book = field(default_factory=Book)
    takings: dict[str, Takings] = field(default_factory=dict)


class Sharing:
    """Shares work out among ``count`` processes, this one and copies of it; where copies are not safe, it does it itself."""

    def __init__(self, trees: Trees, files: Files, count: int) -> None:
        self._trees = trees
        self._files = files
        self._count = count

    def each(
        self,
        items: Iterable[Item],
        work: Callable[[Item], Made],
        known: Callable[[Item], Iterable[object]],
        size: Callable[[Item], int],
    ) -> Iterator[tuple[Item, Made]]:
        """Yield each thing with what ``work`` makes of it, in their order.

        What is ``known`` of a thing is in this process what it is in a copy, wherever it stands in what is made. By its
        ``size``, in characters, is guessed how long the work takes.
        What ``work`` changes counts for nothing, but for what trees and the open ledger note. What it takes of what was
        yielded before it must tell of itself: a copy knows what was known when it began.
        """
        for item, made in self.ahead(items, work, known, size):
            yield item, work(item) if made is None else made

    def ahead(
        self,
        items: Iterable[Item],
        work: Callable[[Item], Made | None],
        known: Callable[[Item], Iterable[object]],
        size: Callable[[Item], int],
    ) -> Iterator[tuple[Item, Made | None]]:
        """Yield each thing with what copies have made of it; nothing where that is left to who asks.

        So it is where there are no copies, where what was made cannot travel, and of the first things: while who asks works
        on these, copies work from the last one on, until both meet.
        """
        if self._count > 1 and not memory.kept():
            items = list(items)
            weights = [_OF_EACH + max(size(item), 0) for item in items]
            if sum(weights) >= _WORTH and len(items) > 1 and _may_fork():
                yield from self._shared(items, weights, work, known)
                return
        for item in items:
            yield item, None

    def outlines(self, texts: Iterable[Embedded], documents_of: Documents) -> Iterator[Outline | None]:
        """Yield what copies say of each text that is a tree, without its nodes; nothing of those left to who asks."""
        are_trees = [(each, _is_tree(self._trees.recogniser, each.source)) for each in texts]
        work = partial(_outlined, self._trees, documents_of)
        told = self.ahead((each for each, is_tree in are_trees if is_tree), work, lambda _: (), _size_of)
        for _, is_tree in are_trees:
            yield next(told)[1] if is_tree else None
        for _ in told:  # copies end with their last answer
            pass

    def _shared(
        self,
        items: list[Item],
        weights: list[int],
        work: Callable[[Item], Made | None],
        known: Callable[[Item], Iterable[object]],
    ) -> Iterator[tuple[Item, Made | None]]:
        from dindguard.workers import Workers

        left = _Left(weights, self._count)
        made: dict[int, Answers] = {}
        crew: Workers[range, Answers]
        with Workers(_Copy(items, work, known, self._trees), self._count - 1) as crew:
            while left or crew.busy:
                while left and crew.hungry(left.first):
                    piece, weight = left.last()
                    crew.give(piece.start, piece, weight)
                made.update(crew.taken(wait=not left))
                if left:
                    yield _taken(items, left.take()), None
        for start in sorted(made):
            yield from self._noted(items, start, self._unpacked(made.pop(start), items[start:], known))

    def _unpacked(self, answers: Answers, items: list[Item], known: Callable[[Item], Iterable[object]]) -> _Taken:
        from dindguard.packing import Sources, unpacked  # one process alone packs nothing

        sources = Sources(self._files)
        if answers.together:
            all_known = (each for item in items[: len(answers.met)] for each in known(item))
            made = unpacked(answers.together, sources, all_known)
        else:
            made = [
                unpacked(each, sources, known(item))[0] if each else None
                for item, each in zip(items, answers.apart, strict=False)
            ]
        return _Taken([*zip(made, answers.met, strict=True)], answers.book, answers.takings)

    def _noted(self, items: list[Item], start: int, taken: _Taken) -> Iterator[tuple[Item, Any]]:
        """Yield the things of a piece with what a copy made of them, and note what that has noted."""
        self._trees.book.add(taken.book)
        self._trees.take(taken.takings)
        for number, (made, met) in enumerate(taken.made, start):
            budget.meet(met)
            yield _taken(items, number), made


def _taken(items: list[Any], number: int) -> Any:
    """Return one of some things, which nobody here needs then."""
    item, items[number] = items[number], None
    return item


def _is_tree(recogniser: Recogniser, source: Source) -> bool:
    return recogniser.text_format(source) is None and recogniser.tree_syntax(source) in MADE_AGAIN


def _outlined(trees: Trees, documents_of: Documents, text: Embedded) -> Outline | None:
    return trees.outlined(text.source, lambda: [*documents_of(text, trees)])


def _size_of(text: Embedded) -> int:
    return text.source.size


class _Left:
    """Things that nobody has begun with: this process takes the first, its copies pieces from the last one on."""

    def __init__(self, weights: list[int], count: int) -> None:
        self._weights = weights
        self._count = count
        self._begin, self._end = 0, len(weights)
        self._weight = sum(weights)

    def __bool__(self) -> bool:
        return self._begin < self._end

    @property
    def first(self) -> int:
        """What the first weighs."""
        return self._weights[self._begin]

    def take(self) -> int:
        """Take the first, and return its number."""
        self._begin += 1
        self._weight -= self._weights[self._begin - 1]
        return self._begin - 1

    def last(self) -> tuple[range, int]:
        """Take the last ones, fewer and fewer, so that nobody has to wait long in the end; return what they weigh, too."""
        end, weight, enough = self._end, 0, max(_LIGHTEST, self._weight // (self._count * _PARTS))
        while self and weight < enough:
            self._end -= 1
            weight += self._weights[self._end]
        self._weight -= weight
        return range(self._end, end), weight


@record
class _Taken:
    """What a copy made of a piece, unpacked; and what it has noted."""

    made: list[tuple[Any, budget.Met]]
    book: Book
    takings: dict[str, Takings]


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

    def begin(self) -> Callable[[range], Answers]:
        """Return the work on one piece."""
        self._told = self._trees.takings({})
        return self._piece

    def _piece(self, piece: range) -> Answers:
        items = self._items[piece.start : piece.stop]
        answers, noted = self._trees.apart(lambda: self._answers(items))
        takings = self._trees.takings(self._told)
        for home, each in takings.items():
            self._told[home] = each if home not in self._told else self._told[home].with_more(each)
        if noted.said:  # whoever reads on has to note it in its turn
            answers = Answers(b"", [b""] * len(items), [()] * len(items))
        return replace(answers, book=noted.book, takings=takings)

    def _answers(self, items: list[Any]) -> Answers:
        from dindguard.packing import packed

        made, limits = zip(*map(self._made, items), strict=True)
        known = [[*self._known(item)] for item in items]
        together = _or_nothing(lambda: packed(made, (each for some in known for each in some)))
        if together:
            return Answers(together, [], [*limits])
        apart = [_or_nothing(partial(packed, [each], its)) for each, its in zip(made, known, strict=True)]
        return Answers(b"", apart, [met if each else () for each, met in zip(apart, limits, strict=True)])

    def _made(self, item: Any) -> tuple[Any, budget.Met]:
        """Return what is made of a thing, and the limits that were met; nothing where this process has to make it in its turn."""
        try:
            with budget.opened() as ledger:
                made = self._work(item)
            return made, tuple((limit, at.span) for limit, at in ledger.met_limits)
        except Exception:
            return None, ()


def _or_nothing(pack: Callable[[], bytes]) -> bytes:
    """Return what is packed; nothing where it cannot travel: nodes do not, nor what nests too deeply."""
    try:
        return pack()
    except Exception:
        return b""
