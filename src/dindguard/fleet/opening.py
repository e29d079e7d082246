"""One source opened: which files it has, and what tells that they are still the same."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator

from dindguard import budget
from dindguard.errors import UserError
from dindguard.files import Files
from dindguard.fleet.refused import RefusedError
from dindguard.fleet.sources import is_bare
from dindguard.records import record
from dindguard.walking import SKIPPED_FOLDERS
from dindguard.working_tree import WorkingTree


@record(kw_only=True)
class Opened:
    """A source: its kind, its files, the commit that they are of, and the hash of its content."""

    kind: str
    files: Files
    revision: str = ""
    content: str


def opened(path: str, revision: str) -> Opened:
    """Open a source: an archive, a work tree, or the commit of a repository when it is bare or a revision is named.

    Raises :class:`RefusedError` with the reason when it cannot be read, or may not.
    """
    if os.path.isfile(path):
        if revision:
            raise RefusedError("an archive has no revisions: leave that column empty")
        return _archive(path)
    if not os.path.isdir(path):
        raise RefusedError("there is no such folder or archive")
    if revision or is_bare(path):
        return _revision(path, revision or "HEAD")
    tree = WorkingTree(os.path.realpath(path))
    return Opened(kind="tree", files=tree, content=content_of(tree.root))


def _archive(path: str) -> Opened:
    from dindguard.fleet.archives import Archive

    with open(path, "rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    archive = Archive(os.path.realpath(path))
    return Opened(kind="archive", files=archive, revision=archive.revision, content=content)


def _revision(path: str, revision: str) -> Opened:
    from dindguard.policy.revision import Revision

    try:
        files = Revision(os.path.realpath(path), revision, f"revision {revision}", bare=is_bare(path))
    except UserError as error:
        raise RefusedError(str(error)) from None
    return Opened(kind="git", files=files, revision=files.commit, content=files.commit)


def content_of(folder: str) -> str:
    """Return a hash of a tree's names and bytes, as far as a scan looks at them."""
    whole = hashlib.sha256()
    for path, name in _walked(folder):
        whole.update(f"{name}\0".encode("utf-8", "surrogateescape"))
        whole.update(_file(path))
    return whole.hexdigest()


def _walked(folder: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the files below a folder in order; what is no file or folder has its name only."""
    waiting = [(folder, prefix)]
    while waiting:
        current, above = waiting.pop()
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError:
            yield "", f"{above}: closed"
            continue
        for entry in entries:
            name = f"{above}{entry.name}"
            if not entry.is_dir(follow_symlinks=False):
                yield (entry.path if entry.is_file(follow_symlinks=False) else ""), name
            elif entry.name not in SKIPPED_FOLDERS:
                waiting.append((entry.path, f"{name}/"))


def _file(path: str) -> bytes:
    """Return the hash of a file's bytes; of one that is too large or cannot be opened, of its facts."""
    if not path:
        return b""
    try:
        facts = os.lstat(path)
        if facts.st_size <= budget.FILE_SIZE.most and stat.S_ISREG(facts.st_mode):
            with open(path, "rb") as file:
                return hashlib.sha256(file.read()).digest()
        return f"{facts.st_size} {facts.st_mtime_ns}".encode()
    except OSError as error:
        return f"{error.errno}".encode()
