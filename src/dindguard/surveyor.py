"""What the files of a piece are: each is tested by itself, and what nothing but its own text says is read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeAlias

from dindguard import budget, discover
from dindguard.coverage import Book
from dindguard.discover import Criteria, Found
from dindguard.documents import syntax
from dindguard.formats import Context, registry
from dindguard.formats.recognition import Recogniser
from dindguard.reading import documents_of, read_alone
from dindguard.records import field, record
from dindguard.source import Embedded, Notice, Source
from dindguard.trees import Trees
from dindguard.working_tree import WorkingTree

if TYPE_CHECKING:
    from dindguard.apart import Part
    from dindguard.formats.row import FormatRow

SALTED = "hashes of texts differ between processes that are not forks of one"

Piece: TypeAlias = list[tuple[str, bool]]
"""Paths, and whether each was given itself."""


Resting: TypeAlias = tuple[str, int, bool, int]
"""A file's path, size, whether comments for us stand in it, and its hash."""

_LONG = 32 * 1024
"""Longer texts are read again when somebody asks for them, rather than sent."""


@record(kw_only=True)
class Looked:
    """What is in a piece: ``sources`` that are to be read on, and those that are ``done``, with what formats made of them."""

    book: Book
    notices: list[Notice]
    sources: list[Source] = field(default_factory=list)
    done: list[tuple[Source, list[Part]]] = field(default_factory=list)


@record(kw_only=True)
class Surveyed:
    """What another process found in a piece: texts that are to be read on, and those that it is done with.

    Of the latter, and of long texts, it tells path, size, whether comments for us stand in them, and their hash; what
    formats made of them is ``packed``. Hashes of texts are the same in another process when that of ``SALTED`` is.
    """

    book: Book
    notices: list[Notice]
    sources: list[tuple[str, str]] = field(default_factory=list)
    long: list[Resting] = field(default_factory=list)
    done: list[Resting] = field(default_factory=list)
    packed: list[bytes] = field(default_factory=list)
    salt: int = field(default_factory=lambda: hash(SALTED))


class Surveyor:
    """Looks at files. Whether trees are nobody's it finds out only if it is told to: copies of a process do that later."""

    def __init__(
        self, files: WorkingTree, known: Recogniser, criteria: Criteria, policy: frozenset[str], *, trees: bool
    ) -> None:
        self._files = files
        self._known = known
        self._tests = criteria
        self._policy = policy
        self._asks_trees = trees
        self._context = Context(
            _refuse, _refuse, _refuse, files.relative, registry.configures_an_engine, known.named, _refuse
        )

    def look(self, piece: Piece) -> Looked:
        """Return what the files of a piece are."""
        found = self._found(piece)
        looked = Looked(book=found.book, notices=found.notices)
        for source in found.sources:
            book = Book(self._policy)
            parts = self._settled(source, Trees(self._files, self._known, book))
            if parts is None:
                looked.sources.append(source)
            else:
                looked.book.add(book)
                looked.done.append((source, parts))
        return looked

    def look_for_another(self, piece: Piece) -> Surveyed:
        """Return what the files of a piece are, as it travels; their texts are forgotten here."""
        found = self._found(piece)
        surveyed = Surveyed(book=found.book, notices=found.notices)
        for source in found.sources:
            book = Book(self._policy)
            made = _packed(self._settled(source, Trees(self._files, self._known, book)))
            if made is None and source.size <= _LONG:
                surveyed.sources.append((source.path, source.text))
                continue
            resting = source.path, source.size, source.speaks, hash(source.text)
            (surveyed.long if made is None else surveyed.done).append(resting)
            if made is not None:
                surveyed.book.add(book)
            if made:
                surveyed.packed.append(made)
        self._files.drop()
        return surveyed

    def _found(self, piece: Piece) -> Found:
        found = Found(self._policy)
        for path, named in piece:
            discover.look(path, named, self._files, found, self._tests)
        return found

    def _settled(self, source: Source, trees: Trees) -> list[Part] | None:
        """Return what formats make of a text, nothing if it is certainly of none; ``None`` where others have to see it.

        What other files have a part in, and what there is anything to say of, is left to who sees all.
        """
        from dindguard.turns import comes_later

        row = self._known.text_format(source)
        if comes_later(source) or (self._known.may_be_template(source.text) and _by_tree(row, source)):
            return None
        if not row.apart if row is not None else not self._asks_trees or self._known.name_says_enough(source):
            return None
        try:
            with budget.opened() as ledger:
                if row is not None:
                    parts = read_alone(source, trees, self._context)
                else:
                    parts = None if any(True for _ in documents_of(Embedded(source), trees)) else []
            return None if ledger.notices or ledger.beyond or trees.all_notices() or trees.takings({}) else parts
        except Exception:  # who sees all meets it again, and tells
            return None


def _by_tree(row: FormatRow | None, source: Source) -> bool:
    """Whether a template is read as one: a tree is, and a text that is one by its name; others have marks of their own."""
    return row is None or syntax.without_template(source.path) != source.path


def _packed(parts: list[Part] | None) -> bytes | None:
    """Return what was made, packed; ``None`` where it cannot travel: what 3,000 stages give hangs together too deeply."""
    from dindguard.packing import packed

    try:
        return None if parts is None else packed(parts)
    except Exception:
        return None


def _refuse(path: str) -> NoReturn:
    """Say that a reader asks for another file: whoever sees all files reads this one."""
    raise LookupError(path)
