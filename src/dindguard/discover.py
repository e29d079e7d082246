"""Paths to sources: which files of the tree are looked at, and why others are not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from dindguard.errors import UserError
from dindguard.source import Gravity, Notice, Source, Span

if TYPE_CHECKING:
    import pathspec

    Specs: TypeAlias = list[tuple[str, pathspec.GitIgnoreSpec]]

Interest: TypeAlias = Callable[[str, bytes], bool]
"""Tells from a file's path and bytes whether it can matter."""

StrPath: TypeAlias = "str | os.PathLike[str]"
"""Paths are taken in either form and kept as text: importing ``pathlib`` costs a tenth of a cold start."""

MAX_BYTES = 2 * 1024 * 1024
"""Larger files are skipped, with a notice when they could be ours."""

SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".mypy_cache", ".terraform"}
)

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


class Found:
    """What discovery gives: sources in the order of their paths, and what was left out."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.notices: list[Notice] = []
        self.without_interest = 0


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
    return path == folder or path.startswith(os.path.join(folder, ""))


def relative(path: StrPath, root: StrPath) -> str:
    """Return ``path`` relative to ``root`` with ``/``.

    Raises :class:`UserError` for a path outside the root.
    """
    path, root = os.fspath(path), os.fspath(root)
    if not within(path, root):
        raise UserError(f"{path} lies outside {root}: scan it from its own repository")
    return path[len(os.path.join(root, "")) :].replace(os.sep, "/") or "."


class Files:
    """The files below one root, by root-relative path. Never follows a link out of the root."""

    def __init__(self, root: StrPath) -> None:
        self.root = os.fspath(root)
        self.notices: list[Notice] = []
        self._sources: dict[str, Source | None] = {}
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

    def relative(self, path: str) -> str | None:
        """Return an absolute path as one relative to the root; ``None`` outside it."""
        normal = os.path.normpath(path).replace(os.sep, "/")
        prefix = f"{self.root.replace(os.sep, '/').rstrip('/')}/"
        return normal[len(prefix) :] if normal.startswith(prefix) else None

    def open(self, path: str) -> Source | None:
        """Return a file's text; ``None`` when it is missing, no file, too large, binary, or outside the root."""
        path = os.path.normpath(path).replace(os.sep, "/")
        if path not in self._sources:
            data = self.read_bytes(path)
            self._sources[path] = None if data is None else self._decoded(path, data)
        return self._sources[path]

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

    def adopt(self, path: str, data: bytes) -> Source | None:
        """Keep and return the source for bytes that were read already (or given on standard input)."""
        source = self._decoded(path, data)
        self._sources[path] = source
        return source

    def _decoded(self, path: str, data: bytes) -> Source | None:
        text = decode(data)
        return None if text is None else Source(path, text)

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a root-relative folder, sorted; empty when there is none."""
        real = self.inside(folder or ".")
        if real is None:
            return ()
        try:
            names = sorted(os.listdir(real))
        except OSError:
            return ()
        return tuple(name for name in names if os.path.isfile(os.path.join(real, name)))


def _bytes_of(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def decode(data: bytes) -> str | None:
    """Return the text of a file's bytes, its byte order mark removed; ``None`` for binary data."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    if b"\0" in data[:8192]:
        return None
    return data.decode("utf-8", errors="replace")


def discover(
    paths: Iterable[StrPath],
    files: Files,
    *,
    ignore_files: bool = True,
    exclude: Iterable[str] = (),
    could_be_ours: Callable[[str], bool] = lambda _: True,
    interest: Interest = lambda *_: True,
    force_exclude: bool = False,
) -> Found:
    """Return the sources below ``paths`` (files or folders, absolute) that could be ours.

    Folders are walked in sorted order, without links; ``.gitignore`` and ``.dindguardignore`` are obeyed
    there unless ``ignore_files`` is false. ``exclude`` are patterns as in ``.gitignore``;
    ``could_be_ours`` tells from a path alone whether any format could read it, ``interest`` from its bytes as well.
    A file that is named itself is always read, unless ``force_exclude`` asks to obey ``exclude`` there too.
    Raises :class:`UserError` for a path that does not exist.
    """
    found = Found()
    seen: set[str] = set()
    excluded = _spec(exclude)
    for path in [os.fspath(each) for each in paths]:
        if not os.path.exists(path):
            raise UserError(f"{path} does not exist")
        named = not os.path.isdir(path)
        for real in [path] if named else _walk(path, files.root, ignore_files):
            name = relative(real, files.root)
            spared = named and not force_exclude
            if name in seen or (not spared and excluded is not None and excluded.match_file(name)):
                continue
            seen.add(name)
            if named or could_be_ours(name):
                take(name, files, found, interest)
            else:
                found.without_interest += 1
    found.sources.sort(key=lambda source: source.path)
    found.notices.extend(files.notices)
    return found


def take(name: str, files: Files, found: Found, interest: Interest) -> None:
    """Add one file to what was found, unless it is binary or its bytes say that it cannot matter."""
    data = files.read_bytes(name)
    if data is None:
        return
    source = files.adopt(name, data) if interest(name, data) else None
    if source is None:
        found.without_interest += 1
    else:
        found.sources.append(source)


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
