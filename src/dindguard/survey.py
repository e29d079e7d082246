"""Files to sources, by one process or by several: each file is tested by itself, and most of them are not ours."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from dindguard import budget, discover, process
from dindguard.discover import Criteria, Found
from dindguard.files import Entry, Files, decode
from dindguard.formats.interest import Interest
from dindguard.formats.recognition import Recogniser
from dindguard.records import record, replace
from dindguard.source import Source
from dindguard.working_tree import WorkingTree

if TYPE_CHECKING:
    from dindguard.formats.row import Word
    from dindguard.surveyor import Looked, Piece, Surveyed, Surveyor

ENOUGH = 500
"""From so many files on that could be ours, several processes are quicker than one, their start included."""

_PAYING = 3
"""With two processes a tree takes 0.4 to 0.9 of the time of one: they are started where somebody asks for them."""

MOST = 8
"""More processes than this bring nothing: one walks the tree, and takes in what the others make."""

_PIECE = 50
"""So many files are handed to a process at a time."""


@record(kw_only=True)
class Survey:
    """What is asked of each file, as plain data that can travel to another process.

    ``overrides`` are the formats that the command line forces on paths; ``further`` words and ``everything`` as of
    :class:`~dindguard.formats.interest.Interest`. ``policy`` are the files that silence or configure. ``trees`` tells
    whether trees that are nobody's are to be told at once, since no copies do that later.
    """

    root: str
    overrides: tuple[tuple[str, str], ...] = ()
    further: tuple[Word, ...] = ()
    everything: bool = False
    policy: frozenset[str] = frozenset()
    trees: bool = False

    def criteria(self, known: Recogniser) -> Criteria:
        """Return what a file is asked."""
        interest = Interest(known.must_be_read, further=self.further, everything=self.everything)
        return Criteria(known.could_be_ours, interest, known.is_ours, lambda path, data: _fits(known, path, data))

    def begin(self) -> Callable[[Piece], Surveyed]:
        """Return the work of another process."""
        return self.surveyor(WorkingTree(self.root)).look_for_another

    def surveyor(self, files: WorkingTree) -> Surveyor:
        """Return who looks at files."""
        from dindguard.surveyor import Surveyor  # one process alone has none

        known = Recogniser(self.overrides)
        return Surveyor(files, known, self.criteria(known), self.policy, trees=self.trees)


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
    """Let ``count`` processes look at the files, this one among them, and take in what they found in the order of the files."""
    from dindguard.surveyor import Looked
    from dindguard.workers import Workers, may_fork  # one process alone starts no others

    found = Found(asked.policy)
    found.processes = count
    asked = replace(asked, trees=not may_fork())
    own = asked.surveyor(files).look
    crew: Workers[Piece, Looked | Surveyed] = Workers(asked, count - 1)
    with process.rare_collection(never=False), crew:
        for made in crew.map(_pieces(entries, found), own):
            found.book.add(made.book)
            found.notices += made.notices
            if isinstance(made, Looked):
                _take_own(made, found, files)
            else:
                _take(made, found, files)
    found.sources.sort(key=lambda source: source.path)
    return found


def _take_own(looked: Looked, found: Found, files: WorkingTree) -> None:
    for source in looked.sources:
        found.take(source, files)
    for source, parts in looked.done:
        found.sources.append(source)
        found.done.add(source.path)
        found.parts += parts


def _take(surveyed: Surveyed, found: Found, files: WorkingTree) -> None:
    from dindguard.packing import unpacked
    from dindguard.surveyor import SALTED

    for path, text in surveyed.sources:
        source = Source(path, text)
        files.keep(source)
        found.take(source, files)
    found.sources += (files.resting(path, size=size, speaks=speaks) for path, size, speaks, _ in surveyed.long)
    read = {}
    for path, size, speaks, mark in surveyed.done:
        known = mark if surveyed.salt == hash(SALTED) else None
        read[path] = files.resting(path, size=size, speaks=speaks, mark=known)
        found.done.add(path)
    found.sources += read.values()
    for part in surveyed.packed:
        found.parts += unpacked(part, read)


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
