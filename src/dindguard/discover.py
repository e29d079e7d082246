"""Files to sources: which files below the given paths are read, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from dindguard import budget
from dindguard.apart import Part
from dindguard.coverage import Book, State
from dindguard.files import Entry, Files, Left, UnreadError, decode, larger, too_large, unreadable
from dindguard.records import record
from dindguard.source import Gravity, Notice, Source, Span

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


Interest: TypeAlias = Callable[[str, bytes], bool]
"""Tells from a file's path and bytes whether it can matter."""


@record
class Criteria:
    """What tells whether a file can matter.

    ``could_be_ours`` tells from a path alone whether any format could read it, ``interest`` from its bytes as well;
    ``is_ours`` whether path or beginning of a file that is too large say that one would; ``fits`` whether a file that is
    larger than the limit has no more than that to compose.
    """

    could_be_ours: Callable[[str], bool] = lambda _: True
    interest: Interest = lambda *_: True
    is_ours: Callable[[str, str], bool] = lambda *_: False
    fits: Interest = lambda *_: False


HELD = 16 * 1024 * 1024
"""So many characters are held from the test of their bytes on; a tree that has more has its files read twice."""


class Found:
    """What discovery gives: sources in the order of their paths, and what became of the other files."""

    def __init__(self, policy: Collection[str] = ()) -> None:
        self.sources: list[Source] = []
        self.notices: list[Notice] = []
        self.book = Book(policy)
        self.done: set[str] = set()
        """The paths of sources that were recognised already: they are of no format, or ``parts`` has what they say."""
        self.parts: list[Part] = []
        self.processes = 1
        """So many are worth while for what was found."""
        self._held = 0

    def take(self, source: Source, files: Files) -> None:
        """Add a source; beyond a measure of text, all are read again when it is their turn."""
        held, self._held = self._held, self._held + source.size
        self.sources.append(source)
        if self._held > HELD:
            files.let_rest()
            for each in (source,) if held > HELD else self.sources:
                files.rest(each.path, read=False)

    @property
    def waiting(self) -> list[Source]:
        """The sources that are still to be recognised."""
        return [source for source in self.sources if source.path not in self.done]

    @cached_property
    def paths(self) -> Collection[str]:
        """The paths of all files that were given, some twice: the sources, and those that only another file can have read."""
        return _Given(self._by_path, self.book)

    @cached_property
    def _by_path(self) -> dict[str, Source]:
        return {source.path: source for source in self.sources}

    def size_of(self, path: str) -> int:
        """Return how many characters a source has; 0 for a file that was not found."""
        source = self._by_path.get(path)
        return source.size if source is not None else 0


class _Given(Collection[str]):
    """The paths of sources, and of what nobody reads: those are very many, and stay packed."""

    def __init__(self, sources: Collection[str], book: Book) -> None:
        self._sources = sources
        self._book = book

    def __contains__(self, path: object) -> bool:
        return path in self._sources or (isinstance(path, str) and self._book.has_looked_at(path))

    def __iter__(self) -> Iterator[str]:
        yield from self._sources
        yield from (path for path in self._book.looked_at() if path not in self._sources)

    def __len__(self) -> int:
        return len({*self})


def discover(entries: Iterable[Entry], files: Files, criteria: Criteria, policy: Collection[str] = ()) -> Found:
    """Return the sources among a provider's files that could be ours.

    A file that is named itself is read whatever its name. ``policy`` are files that silence or configure: what they quote
    is no blind spot.
    """
    found = Found(policy)
    for entry in entries:
        if not left_out(entry, found):
            look(entry.path, entry.named, files, found, criteria)
    found.sources.sort(key=lambda source: source.path)
    return found


def left_out(entry: Entry, found: Found) -> bool:
    """Whether a file is not to be looked at, which is noted."""
    if entry.closed:
        found.notices.append(unreadable(entry.path, entry.closed))
        found.book.put(entry.path, State.CLOSED, entry.closed)
    elif entry.left is not None:
        found.book.put(entry.path, State.LEFT_OUT, entry.left)
    return bool(entry.closed) or entry.left is not None


def look(path: str, named: bool, files: Files, found: Found, criteria: Criteria) -> None:
    """Look at one file: it becomes a source, or what it is else is noted."""
    if named or criteria.could_be_ours(path):
        _take(path, files, found, criteria)
    else:
        _look_at(path, files, found)


def _take(path: str, files: Files, found: Found, criteria: Criteria) -> None:
    """Add one file to what was found, unless it is binary or its bytes say that it cannot matter."""
    try:
        data = files.read(path)
        if len(data) > budget.FILE_SIZE.most and not criteria.fits(path, data):
            raise larger()
    except UnreadError as error:
        large = error.left is Left.LARGE
        if large and criteria.is_ours(path, decode(files.head(path)) or ""):
            found.notices.append(too_large(path))
        else:
            _missed(path, error, found)
        return
    if not criteria.interest(path, data):
        from dindguard import surfaces

        found.book.bytes_unread(path, data, surfaces.by_name(path))
    elif (source := files.adopt(path, data, read=True)) is not None:
        found.take(source, files)
    elif data.startswith(b"#!") or criteria.is_ours(path, ""):
        found.book.put(path, State.LEFT_OUT, Left.BINARY)
    else:
        found.book.plain(path, State.OTHER)


def _look_at(path: str, files: Files, found: Found) -> None:
    """Judge a file that no format would read: what it is by name, and whether it speaks of us."""
    from dindguard import surfaces

    what = surfaces.by_name(path)
    if not what and surfaces.is_other(path):
        found.book.plain(path, State.OTHER)
        return
    try:
        found.book.bytes_unread(path, files.read_small(path), what)
    except UnreadError as error:
        _missed(path, error, found)


def _missed(path: str, error: UnreadError, found: Found) -> None:
    if error.left is not None:
        found.book.put(path, State.LEFT_OUT, error.left)
    else:
        found.notices.append(unreadable(path, str(error)))
        found.book.put(path, State.CLOSED, str(error))


def without_changed(sources: dict[str, Source], spoken_of: AbstractSet[str]) -> Iterator[Notice]:
    """Take the files out that findings speak of and that have changed since they were read, and tell of each."""
    for path in sorted(spoken_of & sources.keys()):
        if not sources[path].unchanged:
            del sources[path]
            message = "this file changed while it was scanned: findings tell what it said before"
            yield Notice("changed", message, Span(path), Gravity.WARNING, "scan it again")
