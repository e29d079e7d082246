"""The files of a tree on disk, walked in order, without links out of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from dindguard.errors import UserError
from dindguard.files import MAX_BYTES, Entry, Files, StrPath, relative, within
from dindguard.source import Gravity, Notice, Span

if TYPE_CHECKING:
    import pathspec

    Specs: TypeAlias = list[tuple[str, pathspec.GitIgnoreSpec]]

SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".mypy_cache", ".terraform"}
)


class WorkingTree(Files):
    """The files below a folder as they are now. Never follows a link out of it."""

    def __init__(self, root: StrPath) -> None:
        super().__init__(root)
        self._folders: dict[str, str] = {}

    def inside(self, path: str) -> str | None:
        """Return the real path of a root-relative path if it stays inside the root."""
        if path.startswith("/") or "\0" in path:
            return None
        try:
            real = self._real(os.path.normpath(os.path.join(self.root, path)))
        except OSError:
            return None
        return real if within(real, self.root) else None

    def exists(self, path: str) -> bool:
        """Whether there is anything at a root-relative path."""
        return os.path.lexists(os.path.join(self.root, path))

    def _real(self, path: str) -> str:
        """Return a path without links; folders are resolved once, because trees hold many files in each."""
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        real = os.path.join(self._folders[folder], name)
        return os.path.realpath(real) if os.path.islink(real) else real

    def read_bytes(self, path: str) -> bytes | None:
        """Return a file's bytes under the same conditions; a notice tells about one that could not be read."""
        real = self.inside(path)
        try:
            if real is None or not os.path.isfile(real):
                return None
            if os.path.getsize(real) > MAX_BYTES:
                message = f"larger than {MAX_BYTES // 1024 // 1024} MiB, so it was not read"
                self.notices.append(Notice("skipped", message, Span(path, 1, 1, 1, 1), Gravity.WARNING))
                return None
            return _bytes_of(real)
        except OSError as error:
            message = f"cannot be read: {error.strerror or error}"
            self.notices.append(
                Notice("unreadable", message, Span(path, 1, 1, 1, 1), Gravity.ERROR, "check its permissions")
            )
            return None

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a root-relative folder, sorted; empty when there is none."""
        return self._names(folder, os.path.isfile)

    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders in a root-relative folder, sorted, links left out."""
        return self._names(folder, lambda path: os.path.isdir(path) and not os.path.islink(path))

    def _names(self, folder: str, wanted: Callable[[str], bool]) -> tuple[str, ...]:
        real = self.inside(folder or ".")
        if real is None:
            return ()
        try:
            names = sorted(os.listdir(real))
        except OSError:
            return ()
        return tuple(name for name in names if wanted(os.path.join(real, name)))

    def below(
        self,
        paths: Iterable[StrPath],
        *,
        exclude: Iterable[str] = (),
        ignore_files: bool = True,
        force_exclude: bool = False,
    ) -> Iterator[Entry]:
        """Yield every file once: folders are walked in sorted order, without links."""
        seen: set[str] = set()
        excluded = _spec(exclude)
        for path in [os.fspath(each) for each in paths]:
            if not os.path.exists(path):
                raise UserError(f"{path} does not exist")
            named = not os.path.isdir(path)
            for real in [path] if named else _walk(path, self.root, ignore_files):
                name = relative(real, self.root)
                spared = named and not force_exclude
                if name not in seen and (spared or excluded is None or not excluded.match_file(name)):
                    seen.add(name)
                    yield Entry(name, named)


def _bytes_of(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _walk(folder: str, root: str, ignore_files: bool) -> Iterator[str]:
    """Yield the files of a folder and below, names sorted, ignored ones left out."""
    specs: Specs = []
    above = folder
    while ignore_files and above != root and within(above, root):
        above = os.path.dirname(above)
        specs[:0] = _ignore_specs(above)
    stack = [(folder, specs)]
    while stack:
        current, inherited = stack.pop()
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError:
            continue
        own = [*inherited, *_ignore_specs(current)] if ignore_files else inherited
        below = []
        for entry in entries:
            if entry.is_symlink():
                continue
            if entry.is_dir():
                if entry.name not in SKIPPED_FOLDERS and not _ignored(f"{entry.path}/", own):
                    below.append((entry.path, own))
            elif entry.is_file() and (entry.name == ".env" or not _ignored(entry.path, own)):
                yield entry.path
        stack.extend(reversed(below))


def _ignore_specs(folder: str) -> Specs:
    specs = []
    for name in (".gitignore", ".dindguardignore"):
        path = os.path.join(folder, name)
        try:
            if not os.path.isfile(path) or os.path.getsize(path) > MAX_BYTES:
                continue  # a pipe would wait for ever
            with open(path, encoding="utf-8", errors="replace") as file:
                spec = _spec(file.read().splitlines())
        except OSError:
            continue
        if spec is not None:
            specs.append((folder, spec))
    return specs


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
