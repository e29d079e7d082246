"""Files to sources: which files below the given paths are read, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import TypeAlias

from dindguard.coverage import Book, State
from dindguard.files import Entry, Files, Left, UnreadError, decode, too_large, unreadable
from dindguard.source import Notice, Source

Interest: TypeAlias = Callable[[str, bytes], bool]
"""Tells from a file's path and bytes whether it can matter."""


HELD = 16 * 1024 * 1024
"""So many characters are held from the test of their bytes on; a tree that has more has some files read twice."""


class Found:
    """What discovery gives: sources in the order of their paths, and what became of the other files."""

    def __init__(self, policy: Collection[str] = ()) -> None:
        self.sources: list[Source] = []
        self.notices: list[Notice] = []
        self.book = Book(policy)
        self._held = 0

    def take(self, source: Source, files: Files) -> None:
        """Add a source; beyond a measure of text, further ones are read when it is their turn."""
        self.sources.append(source)
        self._held += len(source.text)
        if self._held > HELD:
            files.rest(source.path, read=False)

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths of the sources."""
        return frozenset(source.path for source in self.sources)

    @cached_property
    def _by_path(self) -> dict[str, Source]:
        return {source.path: source for source in self.sources}

    def size_of(self, path: str) -> int:
        """Return how many characters a source has; 0 for a file that was not found."""
        source = self._by_path.get(path)
        return len(source.text) if source is not None else 0


def discover(
    entries: Iterable[Entry],
    files: Files,
    *,
    could_be_ours: Callable[[str], bool] = lambda _: True,
    interest: Interest = lambda *_: True,
    is_ours: Callable[[str, str], bool] = lambda *_: False,
    policy: Collection[str] = (),
) -> Found:
    """Return the sources among a provider's files that could be ours.

    ``could_be_ours`` tells from a path alone whether any format could read it, ``interest`` from its bytes as well;
    ``is_ours`` whether path or beginning of a file that is too large say that one would. A file that is named itself is
    read whatever its name. ``policy`` are files that silence or configure: what they quote is no blind spot.
    """
    found = Found(policy)
    for entry in entries:
        if entry.closed:
            found.notices.append(unreadable(entry.path, entry.closed))
            found.book.put(entry.path, State.CLOSED, entry.closed)
        elif entry.left is not None:
            found.book.put(entry.path, State.LEFT_OUT, entry.left)
        elif entry.named or could_be_ours(entry.path):
            _take(entry.path, files, found, interest, is_ours)
        else:
            _look_at(entry.path, files, found)
    found.sources.sort(key=lambda source: source.path)
    return found


def _take(path: str, files: Files, found: Found, interest: Interest, is_ours: Callable[[str, str], bool]) -> None:
    """Add one file to what was found, unless it is binary or its bytes say that it cannot matter."""
    try:
        data = files.read(path)
    except UnreadError as error:
        large = error.left is Left.LARGE
        if large and is_ours(path, decode(files.head(path)) or ""):
            found.notices.append(too_large(path))
        else:
            _missed(path, error, found)
        return
    if not interest(path, data):
        from dindguard import surfaces

        found.book.bytes_unread(path, data, surfaces.by_name(path))
    elif (source := files.adopt(path, data, read=True)) is not None:
        found.take(source, files)
    elif data.startswith(b"#!") or is_ours(path, ""):
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
        found.book.bytes_unread(path, files.read(path), what)
    except UnreadError as error:
        _missed(path, error, found)


def _missed(path: str, error: UnreadError, found: Found) -> None:
    if error.left is not None:
        found.book.put(path, State.LEFT_OUT, error.left)
    else:
        found.notices.append(unreadable(path, str(error)))
        found.book.put(path, State.CLOSED, str(error))
