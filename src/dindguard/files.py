"""Where a scan's files come from: a tree on disk, a Git revision, or what an editor holds."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from dindguard import budget
from dindguard.enumerations import StrEnum
from dindguard.errors import UserError
from dindguard.records import record, replace
from dindguard.source import ChangedError, Gravity, Notice, Source, Span

StrPath: TypeAlias = "str | os.PathLike[str]"
"""Paths are taken in either form and kept as text: importing ``pathlib`` costs a tenth of a cold start."""

HEAD = 64 * 1024
"""So much of a file that is too large is looked at to tell whether it is ours."""

AWAKE = 64
"""So many texts that rested are held at a time: reports go from finding to finding, and those of a file are neighbours."""

HELD = 4 * 1024 * 1024
"""The first texts of a scan never rest, as long as they have no more characters together."""

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


class Left(StrEnum):
    """Why a file or folder was not looked at."""

    EXCLUDED = "excluded by the configuration"
    IGNORED = "named by an ignore file"
    LINK = "a link"
    NESTED = "a repository of its own"
    BUILT_IN = "a folder of tools"
    SPECIAL = "no regular file"
    VANISHED = "vanished during the scan"
    LARGE = "too large"
    BINARY = "binary, although its name or its first line says that it is a script"


@record
class Entry:
    """One file below the given paths; ``named`` when it was given itself.

    ``left`` says why it is not looked at; such an entry may stand for a folder, and then ends with ``/``. ``closed`` says
    why it cannot be opened.
    """

    path: str
    named: bool = False
    left: Left | None = None
    closed: str = ""


class UnreadError(Exception):
    """A file's bytes cannot be had. ``left`` says why, ``None`` for one that is refused: an error of the scan."""

    def __init__(self, message: str, left: Left | None) -> None:
        super().__init__(message)
        self.left = left


def find_root(start: StrPath) -> str:
    """Return the nearest folder at or above ``start`` that holds ``.git``, else the current folder or ``start``."""
    start = os.path.realpath(start)
    folder = start if os.path.isdir(start) else os.path.dirname(start)
    candidate = folder
    while not os.path.exists(os.path.join(candidate, ".git")):
        above = os.path.dirname(candidate)
        if above == candidate:
            here = os.getcwd()
            return here if within(folder, here) else folder
        candidate = above
    return candidate


def within(path: str, folder: str) -> bool:
    """Whether an absolute path is a folder, or lies below it."""
    behind = path[len(folder) : len(folder) + 1]
    return path.startswith(folder) and (behind in ("", os.sep) or folder.endswith(os.sep))


def relative(path: StrPath, root: StrPath) -> str:
    """Return ``path`` relative to ``root`` with ``/``; raises :class:`UserError` for one outside the root."""
    path, root = os.fspath(path), os.fspath(root)
    if not within(path, root):
        raise UserError(f"{path} lies outside {root}: scan it from its own repository")
    return path.removeprefix(root).removeprefix(os.sep).replace(os.sep, "/") or "."


class Files(ABC):
    """The files below one root, by root-relative path: each is opened once. Providers say where bytes come from."""

    current = True
    """Whether they are those of today; false for those of a Git revision."""

    def __init__(self, root: StrPath) -> None:
        self.root = os.fspath(root)
        self.notices: list[Notice] = []
        self._sources: dict[str, Source | None] = {}
        self._given: set[str] = set()
        self._awake: list[Source] = []
        self._wake = self._again  # one for all sources
        self._room = HELD
        self._staying: set[str] = set()

    @abstractmethod
    def inside(self, path: str) -> str | None:
        """Return the absolute path of a root-relative path if that stays inside the root."""

    @abstractmethod
    def exists(self, path: str) -> bool:
        """Whether there is anything at a root-relative path."""

    @abstractmethod
    def read(self, path: str) -> bytes:
        """Return a file's bytes; raises :class:`UnreadError` when they cannot be had, or are more than :func:`most_bytes`."""

    def read_small(self, path: str) -> bytes:
        """Return a file's bytes; raises :class:`UnreadError` as :meth:`read` does, and above the limit of files."""
        data = self.read(path)
        if len(data) > budget.FILE_SIZE.most:
            raise larger()
        return data

    def head(self, path: str) -> bytes:
        """Return the first bytes of a file that is too large to be read; none when it cannot be opened."""
        del path
        return b""

    @abstractmethod
    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a root-relative folder, sorted; empty when there is none."""

    @abstractmethod
    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders in a root-relative folder, sorted, links left out."""

    @abstractmethod
    def below(
        self,
        paths: Iterable[StrPath],
        *,
        exclude: Iterable[str] = (),
        ignores: Files | None = None,
        force_exclude: bool = False,
    ) -> Iterator[Entry]:
        """Yield every file that is one of the absolute ``paths``, or below one, once, in the order of the folders.

        What is not looked at is yielded too, with the reason.

        ``exclude`` are patterns as in ``.gitignore``; a file that is named itself is spared unless ``force_exclude``.
        ``ignores`` are the files whose ignore files are obeyed; ``None`` obeys none.
        Raises :class:`UserError` for a path that does not exist.
        """

    def relative(self, path: str) -> str | None:
        """Return an absolute path as one relative to the root; ``None`` outside it."""
        normal = os.path.normpath(path).replace(os.sep, "/")
        prefix = f"{self.root.replace(os.sep, '/').rstrip('/')}/"
        return normal[len(prefix) :] if normal.startswith(prefix) else None

    def open(self, path: str) -> Source | None:
        """Return a file's text; ``None`` for what cannot be read, and for binary files. Why is told once, in a notice."""
        path = os.path.normpath(path).replace(os.sep, "/")
        if path not in self._sources:
            self._sources[path] = self._opened(path)
        return self._sources[path]

    def _opened(self, path: str) -> Source | None:
        try:
            return _decoded(path, self.read_small(path))
        except UnreadError as error:
            if error.left is None:
                self.notices.append(unreadable(path, str(error)))
            elif error.left is Left.LARGE:
                self.notices.append(replace(too_large(path), gravity=Gravity.WARNING))
        return None

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Give back what the provider holds."""

    def named(self, path: StrPath) -> str | None:
        """Return the text of a file that the command line names, which may lie outside the root.

        One inside it is that of this provider, ``None`` when it lacks it. Raises :class:`OSError` and
        :class:`UnicodeDecodeError` for one that cannot be read.
        """
        inside = None if self.current else self.relative(os.path.realpath(path))
        if inside is not None:
            source = self.open(inside)
            return None if source is None else source.text
        with open(path, encoding="utf-8-sig") as file:
            return file.read()

    def keep(self, source: Source) -> None:
        """Give a source that was read before for its path from now on."""
        self._sources[source.path] = source

    def adopt(self, path: str, data: bytes, *, read: bool = False) -> Source | None:
        """Keep and return the source for bytes that were ``read`` here already, or given (on standard input)."""
        source = self._sources[path] = _decoded(path, data)
        if not read:
            self._given.add(path)
        return source

    def rest(self, path: str, *, read: bool = True) -> None:
        """Let go of a file's text until somebody asks for it, where it can be had again; ``read`` as of sources."""
        source = self._sources.get(path)
        if source is not None and self.current and path not in self._given and not self._stays(source):
            source.rest(self._wake, read=read)

    def lay_by(self, source: Source) -> None:
        """Let go of a text that waits, until somebody asks for it; one that stands in a file is packed meanwhile."""
        if source.parent is None:
            self.rest(source.path)
        else:
            from dindguard.stowing import stow  # few trees have so many

            stow(source)

    def _stays(self, source: Source) -> bool:
        """Whether a text is one of those that never rest: a small tree is read once, not again for each of its findings."""
        if source.path not in self._staying and not source.rests and source.size <= self._room:
            self._room -= source.size
            self._staying.add(source.path)
        return source.path in self._staying

    def let_rest(self) -> None:
        """Have no text stay from now on: in a large tree, those that would are too few to spare much."""
        self._room = 0
        self._staying.clear()

    def beginning(self, path: str, size: int) -> str:
        """Return the first characters of a file's text; none of one that is not there. A text that rests does so again."""
        source = self.open(path)
        if source is None:
            return ""
        rested = source.rests
        try:
            text = source.text[:size]
        except ChangedError:  # that it changed is told of by whoever quotes it
            return ""
        if rested:
            self.rest(path, read=False)
        return text

    def resting(self, path: str, *, size: int, speaks: bool, mark: int | None = None) -> Source:
        """Keep and return the source of a file that was read elsewhere, at rest; ``mark`` as of sources."""
        source = self._sources[path] = Source.resting(path, self._wake, size=size, speaks=speaks, mark=mark)
        return source

    def forget(self, path: str) -> None:
        """Forget the text of a file that has changed."""
        self._sources.pop(path, None)
        self._staying.discard(path)

    def drop(self) -> None:
        """Forget all texts."""
        self._sources.clear()
        self._awake.clear()
        self._staying.clear()
        self._room = HELD

    def rest_all(self) -> None:
        """Let go of the texts of all files."""
        for path in self._sources:
            self.rest(path)

    def _again(self, source: Source) -> str | None:
        """Return the text of a source that rests; of those that were woken, only the last ones stay awake."""
        try:
            text = decode(self.read(source.path))
        except UnreadError:
            return None
        self._awake.append(source)
        if len(self._awake) > AWAKE and not (first := self._awake.pop(0)).rests:
            self.rest(first.path)
        return text


def most_bytes() -> int:
    """Return how many bytes are read of one file.

    What is composed of it has to keep to the limit of files. Definitions of custom resources are told without composing
    them, and an operator's manifest may have three megabytes of them.
    """
    return 4 * budget.FILE_SIZE.most


def larger() -> UnreadError:
    """Return the error of a file that is over the limit."""
    return UnreadError("larger than the limit, so it was not read", Left.LARGE)


def too_large(path: str) -> Notice:
    """Say that a file is over the limit."""
    return budget.FILE_SIZE.notice(Span(path))


def unreadable(path: str, message: str) -> Notice:
    """Say that a file or folder cannot be opened."""
    return Notice("unreadable", message, Span(path), Gravity.ERROR, "check its permissions")


def _decoded(path: str, data: bytes) -> Source | None:
    text = decode(data)
    return None if text is None else Source(path, text)


def decode(data: bytes) -> str | None:
    """Return the text of a file's bytes, its byte order mark removed; ``None`` for binary data."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    if b"\0" in data[:8192]:
        return None
    return data.decode("utf-8", errors="replace")
