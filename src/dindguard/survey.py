"""Files to sources, by one process or by several: each file is tested by itself, and most of them are not ours."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NoReturn

from dindguard import budget, discover
from dindguard.coverage import Book
from dindguard.discover import Criteria, Found
from dindguard.files import Entry, Files, decode
from dindguard.formats import Context, registry
from dindguard.formats.interest import Interest
from dindguard.formats.recognition import Recogniser
from dindguard.reading import documents_of, read_alone
from dindguard.records import field, record
from dindguard.source import Embedded, Notice, Source
from dindguard.trees import Trees
from dindguard.working_tree import WorkingTree

if TYPE_CHECKING:
    from dindguard.formats.row import Word

ENOUGH = 500
"""From so many files on that could be ours, several processes are quicker than one, their start included."""

_PAYING = 3
"""With two processes a tree takes 0.63 to 0.91 of the time of one: they are started where somebody asks for them."""

MOST = 8
"""More processes than this bring nothing: one walks the tree, and takes in what the others make."""

_PIECE = 100
"""So many files are handed to a process at a time."""

SALTED = "hashes of texts differ between processes that are not forks of one"

Piece = list[tuple[str, bool]]
"""Paths, and whether each was given itself."""


@record(kw_only=True)
class Survey:
    """What is asked of each file, as plain data that can travel to another process.

    ``overrides`` are the formats that the command line forces on paths; ``further`` words and ``everything`` as of
    :class:`~dindguard.formats.interest.Interest`. ``policy`` are the files that silence or configure.
    """

    root: str
    overrides: tuple[tuple[str, str], ...] = ()
    further: tuple[Word, ...] = ()
    everything: bool = False
    policy: frozenset[str] = frozenset()

    def criteria(self, known: Recogniser) -> Criteria:
        """Return what a file is asked."""
        interest = Interest(known.must_be_read, further=self.further, everything=self.everything)
        return Criteria(known.could_be_ours, interest, known.is_ours, lambda path, data: _fits(known, path, data))

    def begin(self) -> Callable[[Piece], Surveyed]:
        """Return the work of one process."""
        known = Recogniser(self.overrides)
        return _Surveyor(self, WorkingTree(self.root), known, self.criteria(known)).look


@record(kw_only=True)
class Surveyed:
    """What a process found in a piece: texts that another one has to read on, and those that it is done with.

    Of those it tells path, size, whether comments for us stand in them, and their hash; ``parts`` are what formats made of
    them. Hashes of texts are the same in another process when that of ``SALTED`` is.
    """

    book: Book
    notices: list[Notice]
    sources: list[tuple[str, str]] = field(default_factory=list)
    done: list[tuple[str, int, bool, int]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    salt: int = 0


def find(entries: Iterable[Entry], files: Files, asked: Survey, jobs: int) -> Found:
    """Return the sources among a provider's files that could be ours.

    ``jobs`` are the processes that look for them, 0 for as many as are worth while: one where that is less than three.
    What they find is the same for any number: a file is settled elsewhere only where nothing but its own text says what
    it is.
    """
    criteria = asked.criteria(Recogniser(asked.overrides))
    if jobs != 1 and isinstance(files, WorkingTree):
        count, many = jobs or cores(), jobs > 1
        if not many and count >= _PAYING:
            first, many = _first(entries, criteria)
            entries = itertools.chain(first, entries)
        if many:
            return _together(entries, files, asked, count)
    return discover.discover(entries, files, criteria, asked.policy)


def _fits(known: Recogniser, path: str, data: bytes) -> bool:
    """Whether a file that is larger than the limit has no more than that to compose, since outlines tell the rest."""
    text = decode(data)
    if text is None:
        return False
    source = Source(path, text)
    return not known.may_be_template(text) and known.composed(source) <= budget.FILE_SIZE.most


def cores() -> int:
    """Return how many processes are worth while here: as many as there are cores that this one may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST)


def _first(entries: Iterable[Entry], criteria: Criteria) -> tuple[list[Entry], bool]:
    """Return the first files, and whether so many of them could be ours that several processes are quicker."""
    first, left = [], ENOUGH
    for entry in entries:
        first.append(entry)
        left -= _counts(entry, criteria)
        if left <= 0:
            return first, True
    return first, False


def _counts(entry: Entry, criteria: Criteria) -> bool:
    return entry.left is None and not entry.closed and criteria.could_be_ours(entry.path)


def _together(entries: Iterable[Entry], files: WorkingTree, asked: Survey, count: int) -> Found:
    """Let ``count`` processes look at the files, and take in what they found in the order of the files."""
    from dindguard.packing import unpacked  # one process alone packs nothing
    from dindguard.workers import Workers

    found = Found(asked.policy)
    found.processes = count
    crew: Workers[Piece, Surveyed]
    with Workers(asked, count) as crew:
        for surveyed in crew.map(_pieces(entries, found)):
            found.book.add(surveyed.book)
            found.notices += surveyed.notices
            for path, text in surveyed.sources:
                source = Source(path, text)
                files.keep(source)
                found.take(source, files)
            read = {}
            for path, size, speaks, mark in surveyed.done:
                known = mark if surveyed.salt == hash(SALTED) else None
                read[path] = files.resting(path, size=size, speaks=speaks, mark=known)
                found.done.add(path)
            found.sources += read.values()
            for part in surveyed.parts:
                found.parts += unpacked(part, read)
    found.sources.sort(key=lambda source: source.path)
    return found


def _pieces(entries: Iterable[Entry], found: Found) -> Iterator[Piece]:
    piece: Piece = []
    for entry in entries:
        if not discover.left_out(entry, found):
            piece.append((entry.path, entry.named))
            if len(piece) == _PIECE:
                yield piece
                piece = []
    if piece:
        yield piece


class _Surveyor:
    """Looks at files in a process of its own."""

    def __init__(self, asked: Survey, files: WorkingTree, known: Recogniser, criteria: Criteria) -> None:
        self._asked = asked
        self._files = files
        self._known = known
        self._tests = criteria
        self._context = Context(
            _refuse, _refuse, _refuse, files.relative, registry.configures_an_engine, known.named, _refuse
        )

    def look(self, piece: Piece) -> Surveyed:
        """Return what the files of a piece are."""
        found = Found(self._asked.policy)
        for path, named in piece:
            discover.look(path, named, self._files, found, self._tests)
        parts: list[bytes] = []
        sources, done = [], []
        for source in found.sources:
            book = Book(self._asked.policy)
            settled = self._settled(source, Trees(self._files, self._known, book))
            if settled is None:
                sources.append((source.path, source.text))
            else:
                found.book.add(book)
                parts += [settled] if settled else []
                done.append((source.path, source.size, source.speaks, hash(source.text)))
        self._files.drop()
        return Surveyed(
            book=found.book, notices=found.notices, sources=sources, done=done, parts=parts, salt=hash(SALTED)
        )

    def _settled(self, source: Source, trees: Trees) -> bytes | None:
        """Return what formats make of a text, packed; nothing if it is certainly of none; ``None`` where others have to see it.

        What other files have a part in, and what there is anything to say of, is left to who sees all.
        """
        from dindguard.turns import comes_later  # for helpers alone

        if self._known.may_be_template(source.text) or comes_later(source):
            return None
        row = self._known.text_format(source)
        if not row.apart if row is not None else self._known.name_says_enough(source):
            return None
        try:
            with budget.opened() as ledger:
                if row is not None:
                    parts = read_alone(source, trees, self._context)
                else:
                    parts = None if any(True for _ in documents_of(Embedded(source), trees)) else []
            from dindguard.packing import packed

            return None if parts is None or ledger.notices or ledger.beyond or trees.all_notices() else packed(parts)
        except Exception:  # who sees all meets it again, and tells; what 3,000 stages give hangs together too deeply
            return None


def _refuse(path: str) -> NoReturn:
    """Say that a reader asks for another file: whoever sees all files reads this one."""
    raise LookupError(path)
