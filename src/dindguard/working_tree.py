"""The files of a tree on disk, walked in order, without links out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import TypeAlias

from dindguard.errors import UserError
from dindguard.files import HEAD, Entry, Files, Left, StrPath, UnreadError, larger, most_bytes, relative, within

_Names: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Of files, of folders."""


_REMEMBERED = 200
"""So many folders' names are remembered at a time: readers go through the folders of a tree again and again."""


class WorkingTree(Files):
    """The files below a folder as they are now. Never follows a link out of it."""

    def __init__(self, root: StrPath) -> None:
        super().__init__(root)
        self._folders: dict[str, str] = {}
        self._listed: dict[str, _Names] = {}

    def inside(self, path: str) -> str | None:
        """Return the real path of a root-relative path if it stays inside the root."""
        return self._inside(path)[0]

    def _inside(self, path: str) -> tuple[str | None, os.stat_result | None]:
        """Return the real path of a root-relative path, and what the kernel says of it, as far as it was asked."""
        if path.startswith("/") or "\0" in path:
            return None, None
        try:
            real, facts = self._real(os.path.normpath(os.path.join(self.root, path)))
        except OSError:
            return None, None
        return (real, facts) if within(real, self.root) else (None, None)

    def exists(self, path: str) -> bool:
        """Whether there is anything at a root-relative path."""
        return os.path.lexists(os.path.join(self.root, path))

    def _real(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return a path without links, and what the kernel says of what is no link itself.

        Folders are resolved once, because trees hold many files in each.
        """
        folder, name = os.path.split(path)
        place = os.path.join(self._folder(folder), name)
        try:
            facts = os.lstat(place)
        except (OSError, ValueError):
            return place, None
        return (os.path.realpath(place), None) if stat.S_ISLNK(facts.st_mode) else (place, facts)

    def _folder(self, path: str) -> str:
        """Return a folder's path without links, from what is known of those above it: work in proportion to its depth."""
        waiting = []
        while path not in self._folders:
            waiting.append(path)
            above = os.path.dirname(path)
            if above in (path, ""):
                self._folders[path] = os.path.realpath(waiting.pop())
                break
            path = above
        for each in reversed(waiting):
            above, name = os.path.split(each)
            real = _unlinked(os.path.join(self._folders[above], name))
            self._folders[each] = each if real == each else real  # of equal ones one
        return self._folders[waiting[0] if waiting else path]

    def read(self, path: str) -> bytes:
        """Return a file's bytes; raises :class:`UnreadError` when they cannot be had."""
        real, facts = self._inside(path)
        if real is None:
            raise UnreadError("lies outside the root", Left.LINK)
        try:
            facts = facts or os.lstat(real)  # no link: it was followed before
            if not stat.S_ISREG(facts.st_mode):
                raise UnreadError("is no regular file", Left.SPECIAL)
            if facts.st_size > most_bytes():
                raise larger()
            return _bytes_of(real)
        except (FileNotFoundError, NotADirectoryError):  # ``workflow.yml/action.yml`` is below a file
            raise UnreadError("there is no such file", Left.VANISHED) from None
        except OSError as error:
            raise UnreadError(f"cannot be read: {error.strerror or error}", None) from None

    def head(self, path: str) -> bytes:
        """Return the first bytes of a file that is too large to be read; none when it cannot be opened."""
        real = self.inside(path)
        try:
            with open(real or os.devnull, "rb") as file:
                return file.read(HEAD)
        except OSError:
            return b""

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a root-relative folder, sorted; empty when there is none."""
        return self._names(folder)[0]

    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders in a root-relative folder, sorted, links left out."""
        return self._names(folder)[1]

    def _names(self, folder: str) -> _Names:
        """Return the names of a folder's files and of its folders, from memory when it was asked about a while ago."""
        names = self._listed.get(folder)
        if names is None:
            if len(self._listed) >= _REMEMBERED:
                self._listed.clear()
            names = self._listed[folder] = self._read_names(folder)
        return names

    def _read_names(self, folder: str) -> _Names:
        real = self.inside(folder or ".")
        if real is None:
            return (), ()
        try:
            with os.scandir(real) as entries:
                found = sorted(entries, key=attrgetter("name"))
            files = tuple(each.name for each in found if _is_file(each))
            return files, tuple(each.name for each in found if each.is_dir(follow_symlinks=False))
        except OSError:
            return (), ()

    def below(
        self,
        paths: Iterable[StrPath],
        *,
        exclude: Iterable[str] = (),
        ignores: Files | None = None,
        force_exclude: bool = False,
    ) -> Iterator[Entry]:
        """Yield every file once: folders are walked in sorted order, without links."""
        seen: set[str] = set()
        exclude, given = tuple(exclude), [os.fspath(each) for each in paths]
        walk = None
        if exclude or any(map(os.path.isdir, given)):
            from dindguard.walking import Walk  # a file that is given needs none

            walk = Walk(self, exclude, ignores)
        for path in given:
            if not os.path.lexists(path):
                raise UserError(f"{path} does not exist")
            if walk is None:
                found: Iterable[Entry] = (Entry(relative(path, self.root), named=True),)
            elif os.path.isdir(path):
                found = walk.below(path)
            else:
                found = walk.named(path, spared=not force_exclude)
            for entry in found:
                if entry.path not in seen:
                    if len(given) > 1:  # what is given may lie in each other; one walk meets each file once
                        seen.add(entry.path)
                    yield entry


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file, or a link to one; no link that leads into a closed folder."""
    return os.path.isfile(entry.path) if entry.is_symlink() else entry.is_file(follow_symlinks=False)


def _unlinked(path: str) -> str:
    """Return a path without links whose folder is one already."""
    return os.path.realpath(path) if os.path.islink(path) else path


def _bytes_of(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # a buffer would ask the kernel more, of each of very many files
        return file.read()
