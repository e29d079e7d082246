"""Walks folders in sorted order; exclusions, ignore files and links leave out some of what is there, and it is told."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

from dindguard.files import Entry, Files, Left, relative, within
from dindguard.source import Span

if TYPE_CHECKING:
    import pathspec

    Specs: TypeAlias = list[tuple[str, pathspec.GitIgnoreSpec]]

IGNORE_FILES = (".gitignore", ".dindguardignore")
VERSION_CONTROL = frozenset({".git", ".hg", ".svn"})
SKIPPED_FOLDERS = VERSION_CONTROL | {
    "node_modules",
    "__pycache__",
    ".venv",
    "venv",
    ".tox",
    ".mypy_cache",
    ".terraform",
}


class Walk:
    """Walks folders in sorted order, and tells what it leaves out."""

    def __init__(self, tree: Files, excluded: Iterable[str], ignores: Files | None) -> None:
        self.root = tree.root
        self.excluded = _spec(excluded)
        self.ignores = ignores
        self.listed = ignores is tree
        self.in_repository = os.path.exists(os.path.join(tree.root, ".git"))

    def named(self, path: str, *, spared: bool) -> Iterator[Entry]:
        """Yield a file that was given itself."""
        name = relative(path, self.root)
        left = None if spared or self.excluded is None or not self.excluded.match_file(name) else Left.EXCLUDED
        yield Entry(name, named=True, left=left)

    def below(self, folder: str) -> Iterator[Entry]:
        """Yield the files of a folder and below it."""
        stack = [(folder, self._above(folder))]
        while stack:
            current, inherited = stack.pop()
            try:
                entries = sorted(os.scandir(current), key=attrgetter("name"))
            except FileNotFoundError:
                yield Entry(f"{relative(current, self.root)}/", left=Left.VANISHED)
                continue
            except OSError as error:
                message = f"this folder cannot be opened: {error.strerror or error}"
                yield Entry(f"{relative(current, self.root)}/", closed=message)
                continue
            own = [*inherited, *self._ignored_in(current, {entry.name for entry in entries})]
            below = []
            for entry in entries:
                found = self._entry(entry, own)
                if found is None:
                    below.append((entry.path, own))
                elif found is not _UNSEEN:
                    yield found
            stack.extend(reversed(below))

    def _above(self, folder: str) -> Specs:
        """Return the patterns that hold in a folder because of those above it, the root's first."""
        specs: Specs = []
        while folder != self.root and within(folder, self.root):
            folder = os.path.dirname(folder)
            specs[:0] = self._ignored_in(folder, IGNORE_FILES)
        return specs

    def _ignored_in(self, folder: str, here: Collection[str]) -> Specs:
        """Return the patterns of a folder's own ignore files; ``here`` are the names in it."""
        if self.ignores is None or (self.listed and not any(name in here for name in IGNORE_FILES)):
            return []
        return ignore_specs(folder, self.root, self.ignores)

    def _entry(self, entry: os.DirEntry[str], specs: Specs) -> Entry | None:
        """Return what becomes of a folder's entry; ``None`` for a folder to be walked."""
        name = relative(entry.path, self.root)
        try:
            if entry.is_symlink():
                return Entry(name, left=Left.LINK)
            if entry.is_dir():
                return _UNSEEN if entry.name in VERSION_CONTROL else self._folder(entry, name, specs)
            regular = entry.is_file()
        except OSError as error:
            return Entry(name, closed=f"cannot be looked at: {error.strerror or error}")
        if self.excluded is not None and self.excluded.match_file(name):
            return Entry(name, left=Left.EXCLUDED)
        if entry.name != ".env" and _ignored(entry.path, specs):
            return Entry(name, left=Left.IGNORED)
        return Entry(name, left=None if regular else Left.SPECIAL)

    def _folder(self, entry: os.DirEntry[str], name: str, specs: Specs) -> Entry | None:
        if self.excluded is not None and self.excluded.match_file(f"{name}/"):
            return Entry(f"{name}/", left=Left.EXCLUDED)
        if _ignored(f"{entry.path}/", specs):
            return Entry(f"{name}/", left=Left.IGNORED)
        if entry.name in SKIPPED_FOLDERS:
            return Entry(f"{name}/", left=Left.BUILT_IN)
        if self.in_repository and os.path.lexists(os.path.join(entry.path, ".git")):
            return Entry(f"{name}/", left=Left.NESTED)
        return None


_UNSEEN = Entry("")
"""Stands for the folder of a version control system, which is no part of the tree."""


def ignore_specs(folder: str, root: str, ignores: Files) -> Specs:
    """Return the patterns of a folder's ignore files, as ``ignores`` has them."""
    specs: Specs = []
    for name in IGNORE_FILES:
        source = ignores.open(f"{relative(folder, root)}/{name}")
        spec = _spec(source.text.splitlines()) if source is not None else None
        if spec is not None:
            specs.append((folder, spec))
    return specs


def ignoring_line(path: str, files: Files) -> Span | None:
    """Return the line of an ignore file because of which a folder's walk leaves a path out; ``None`` without one."""
    parts = path.split("/")
    specs: Specs = []
    for depth in range(len(parts)):
        folder = os.path.join(files.root, *parts[:depth])
        specs += ignore_specs(folder, files.root, files)
        ending = "/" if depth + 1 < len(parts) else ""
        name = os.path.join(folder, parts[depth]) + ending
        if _ignored(name, specs):
            return next(_lines_about(name, parts[:depth], files), None)
    return None


def _lines_about(name: str, folders: list[str], files: Files) -> Iterator[Span]:
    """Yield the lines that leave a path out, from the one that decides on."""
    for depth in range(len(folders), -1, -1):
        base = os.path.join(files.root, *folders[:depth])
        for own in IGNORE_FILES[::-1]:
            source = files.open("/".join([*folders[:depth], own]))
            lines = source.text.splitlines() if source is not None else []
            for number in range(len(lines), 0, -1):
                spec = _spec([lines[number - 1]])
                if spec is not None and _ignored(name, [(base, spec)]) and source is not None:
                    yield Span(source.path, number, 1, number, len(lines[number - 1]) + 1)


def _spec(lines: Iterable[str]) -> pathspec.GitIgnoreSpec | None:
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    if not lines:
        return None
    import pathspec

    try:
        return pathspec.GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return pathspec.GitIgnoreSpec.from_lines([line for line in lines if _valid(line)])


def _valid(line: str) -> bool:
    import pathspec

    try:
        pathspec.GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _ignored(path: str, specs: Specs) -> bool:
    """Ask the ignore files from the deepest up; the first that has an opinion decides. A folder ends with ``/``."""
    for base, spec in reversed(specs):
        result = spec.check_file(path[len(os.path.join(base, "")) :].replace(os.sep, "/"))
        if result.include is not None:
            return result.include
    return False
