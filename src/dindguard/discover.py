"""Paths to sources: which files of the tree are looked at, and why others are not."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.patterns import regex
from dindguard.source import Gravity, Notice, Source, Span

if TYPE_CHECKING:
    import pathspec

MAX_BYTES = 2 * 1024 * 1024
"""Larger files are skipped, with a notice when they could be ours."""

SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".mypy_cache", ".terraform"}
)

INTEREST = regex(
    rb"docker|podman|nerdctl|containerd|buildkit|buildah|kaniko|sysbox|privileged|hostPath|host(?:PID|Network|IPC|Users)"
    rb"|\bdind\b|crio|SYS_ADMIN|cap_add|capabilities|securityContext|security_opt|2375|2376|network_mode|devices:"
    rb"|device_cgroup|unconfined|hostPort|\bpid:|\bipc:|\buts:|cgroup|userns|runtimeClass|runtime:|/run\b|include:|extends:"
    rb"|(?<![\w.])/[\w./-]*:/|(?:source|device):\s*[\"']?/|PersistentVolume|HorizontalPodAutoscaler|pod-security"
    rb"|\\x[0-9A-Fa-f]|\\u[0-9A-Fa-f]|\\U[0-9A-Fa-f]|\bbuild:|\[\[runners|dindguard:",
    re.IGNORECASE,
)
"""The byte test: a file without a hit cannot produce a finding. Escapes count as a hit, because they hide words."""

_OURS_BY_NAME = regex(
    r"(^|/)(daemon\.json|buildkitd[^/]*\.toml|(docker-)?compose[^/]*\.ya?ml|kustomization\.ya?ml|[^/]*gitlab-ci[^/]*\.ya?ml)$"
)
"""Names that say enough by themselves: their content need not name an engine."""

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


def find_root(start: Path) -> Path:
    """Return the nearest folder at or above ``start`` that holds ``.git``, else the current folder or ``start``."""
    start = start.resolve()
    folder = start if start.is_dir() else start.parent
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    here = Path.cwd()
    return here if folder == here or here in folder.parents else folder


def relative(path: Path, root: Path) -> str:
    """Return ``path`` relative to ``root`` with ``/``.

    Raises :class:`UserError` for a path outside the root.
    """
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        raise UserError(f"{path} lies outside {root}: scan it from its own repository") from None


class Files:
    """The files below one root, by root-relative path. Never follows a link out of the root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notices: list[Notice] = []
        self._sources: dict[str, Source | None] = {}

    def inside(self, path: str) -> Path | None:
        """Return the real path of a root-relative path if it stays inside the root."""
        if path.startswith("/") or "\0" in path:
            return None
        try:
            real = (self.root / path).resolve()
        except (OSError, RuntimeError):
            return None
        return real if real == self.root or self.root in real.parents else None

    def relative(self, path: str) -> str | None:
        """Return an absolute path as one relative to the root; ``None`` outside it."""
        normal = os.path.normpath(path).replace(os.sep, "/")
        prefix = f"{self.root.as_posix().rstrip('/')}/"
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
            if real is None or not real.is_file():
                return None
            if real.stat().st_size > MAX_BYTES:
                message = f"larger than {MAX_BYTES // 1024 // 1024} MiB, so it was not read"
                self.notices.append(Notice("skipped", message, Span(path, 1, 1, 1, 1), Gravity.WARNING))
                return None
            return real.read_bytes()
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
            return tuple(sorted(entry.name for entry in os.scandir(real) if entry.is_file()))
        except OSError:
            return ()


def decode(data: bytes) -> str | None:
    """Return the text of a file's bytes, its byte order mark removed; ``None`` for binary data."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    if b"\0" in data[:8192]:
        return None
    return data.decode("utf-8", errors="replace")


def discover(
    paths: Iterable[Path],
    files: Files,
    *,
    ignore_files: bool = True,
    exclude: Iterable[str] = (),
    could_be_ours: Callable[[str], bool] = lambda _: True,
) -> Found:
    """Return the sources below ``paths`` (files or folders, absolute) that could be ours.

    Folders are walked in sorted order, without links; ``.gitignore`` and ``.dindguardignore`` are obeyed
    there unless ``ignore_files`` is false. ``exclude`` are patterns as in ``.gitignore``;
    ``could_be_ours`` tells from a path alone whether any format could read it. A file that is named itself
    is always read. Raises :class:`UserError` for a path that does not exist.
    """
    found = Found()
    seen: set[str] = set()
    excluded = _spec(exclude)
    for path in paths:
        if not path.exists():
            raise UserError(f"{path} does not exist")
        named = not path.is_dir()
        for real in [path] if named else _walk(path, files.root, ignore_files):
            name = relative(real, files.root)
            if name in seen or (not named and excluded is not None and excluded.match_file(name)):
                continue
            seen.add(name)
            if named or could_be_ours(name):
                take(name, files, found)
            else:
                found.without_interest += 1
    found.sources.sort(key=lambda source: source.path)
    found.notices.extend(files.notices)
    return found


def take(name: str, files: Files, found: Found) -> None:
    """Add one file to what was found, unless the byte test says that it cannot matter."""
    data = files.read_bytes(name)
    if data is None:
        return
    utf8 = not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"))
    told = _OURS_BY_NAME.search(name) is not None or INTEREST.search(data) is not None
    if utf8 and (not told or b"\0" in data[:8192]):
        found.without_interest += 1
        return
    source = files.adopt(name, data)
    if source is None:
        found.without_interest += 1
    else:
        found.sources.append(source)


def _walk(folder: Path, root: Path, ignore_files: bool) -> Iterator[Path]:
    """Yield the files of a folder and below, names sorted, ignored ones left out."""
    specs: list[tuple[Path, pathspec.GitIgnoreSpec]] = []
    if ignore_files:
        for above in reversed([folder, *folder.parents]):
            if above == root or root in above.parents:
                specs.extend(_ignore_specs(above) if above != folder else ())
    stack: list[tuple[Path, list[tuple[Path, pathspec.GitIgnoreSpec]]]] = [(folder, specs)]
    while stack:
        current, inherited = stack.pop()
        own = [*inherited, *_ignore_specs(current)] if ignore_files else inherited
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError:
            continue
        below = []
        for entry in entries:
            path = Path(entry.path)
            if entry.is_symlink():
                continue
            if entry.is_dir():
                if entry.name not in SKIPPED_FOLDERS and not _ignored(path, own, folder=True):
                    below.append((path, own))
            elif entry.is_file() and not _ignored(path, own, folder=False):
                yield path
        stack.extend(reversed(below))


def _ignore_specs(folder: Path) -> list[tuple[Path, pathspec.GitIgnoreSpec]]:
    specs = []
    for name in (".gitignore", ".dindguardignore"):
        path = folder / name
        try:
            if not path.is_file() or path.stat().st_size > MAX_BYTES:
                continue  # a pipe would wait for ever
            lines = path.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            continue
        spec = _spec(lines)
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


def _ignored(path: Path, specs: list[tuple[Path, pathspec.GitIgnoreSpec]], *, folder: bool) -> bool:
    """Ask the ignore files from the deepest up; the first that has an opinion decides. ``.env`` is always read."""
    if path.name == ".env":
        return False
    for base, spec in reversed(specs):
        name = path.relative_to(base).as_posix() + ("/" if folder else "")
        result = spec.check_file(name)
        if result.include is not None:
            return result.include
    return False
