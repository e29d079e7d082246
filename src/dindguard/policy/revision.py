"""The files of a Git revision, read from its objects, and those of the time before the first one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from dindguard.files import Entry, Files, Left, StrPath, UnreadError, larger, most_bytes
from dindguard.folders import Folders
from dindguard.policy import git
from dindguard.walking import SKIPPED_FOLDERS


class Revision(Files):
    """The files of one Git revision, read from the objects. ``now`` are those of today, when there are any.

    ``bare`` says that ``root`` is a repository without a work tree.
    """

    current = False

    def __init__(
        self, root: str, revision: str, asked: str = "", now: Files | None = None, *, bare: bool = False
    ) -> None:
        super().__init__(root)
        self._now = now
        self.revision = revision
        self._asked = asked
        self._repository = git.Repository(root, asked or f"--since {revision}", bare=bare)
        try:
            self.commit = self._repository.commit(revision)
            self._blobs = self._repository.blobs(self.commit)
            self._folders = Folders(self._blobs)
        except BaseException:
            self._repository.close()
            raise

    def __enter__(self) -> Revision:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process that reads."""
        self._repository.close()

    def behind(self) -> Revision | None:
        """Return what HEAD began with when it does not have all of this revision; ``None`` if it does, or if unknown."""
        start = self._repository.common_start(self.commit, "HEAD")
        return Revision(self.root, start, self._asked, self._now) if start not in ("", self.commit) else None

    def below(
        self,
        paths: Iterable[StrPath],
        *,
        exclude: Iterable[str] = (),
        ignores: Files | None = None,
        force_exclude: bool = False,
    ) -> Iterator[Entry]:
        """Yield the revision's files at or below the paths, sorted. A path that it lacks gives none.

        So are those elsewhere that the tree does not have any more: they may have been moved. Ignore files do not
        count: what is in a revision is tracked.
        """
        del ignores
        import pathspec

        excluded = pathspec.GitIgnoreSpec.from_lines(exclude)
        wanted = [self.relative(os.path.realpath(path)) or "." for path in paths]
        for path in sorted(self._blobs):
            below = any(prefix in (".", path) or path.startswith(f"{prefix}/") for prefix in wanted)
            if below or (self._now is not None and not self._now.exists(path)):
                spared = path in wanted and not force_exclude
                folders = path.split("/")[:-1]
                if spared or (SKIPPED_FOLDERS.isdisjoint(folders) and not excluded.match_file(path)):
                    yield Entry(path, path in wanted)
        if self._now is None:
            yield from self._left_out()

    def _left_out(self) -> Iterator[Entry]:
        """Yield what is not looked at: links, other repositories, and folders of tools, each once."""
        unread = self._repository.unread
        for path in sorted(path for path in unread if SKIPPED_FOLDERS.isdisjoint(path.split("/"))):
            yield Entry(path if unread[path] is Left.LINK else f"{path}/", left=unread[path])
        tops = {_tools(path.split("/")[:-1]) for path in self._blobs}
        for top in sorted(tops - {""}):
            yield Entry(f"{top}/", left=Left.BUILT_IN)

    def exists(self, path: str) -> bool:
        """Whether the revision has a file or folder of this path."""
        return path in self._blobs or path in self._folders

    def inside(self, path: str) -> str | None:
        """Return a path for a file of the revision, for existence tests only."""
        return f"{self.root}/{path}" if path in self._blobs else None

    def read(self, path: str) -> bytes:
        """Return a file's bytes as the revision has them; raises :class:`UnreadError` when it has none."""
        found = self._blobs.get(path)
        if found is None:
            raise UnreadError("there is no such file", Left.VANISHED)
        if (found.size or 0) > most_bytes():
            raise larger()
        return self._repository.read(found, path)

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a folder of the revision."""
        return self._folders.files(folder)

    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders in a folder of the revision."""
        return self._folders.folders(folder)


def _tools(folders: list[str]) -> str:
    """Return the first folder of tools on a path; empty without one."""
    index = next((index for index, name in enumerate(folders) if name in SKIPPED_FOLDERS), None)
    return "" if index is None else "/".join(folders[: index + 1])


class Nothing(Files):
    """No files at all: what there was before the first commit."""

    current = False

    def inside(self, path: str) -> None:
        """Return ``None``."""

    def exists(self, path: str) -> bool:
        """Return false."""
        del path
        return False

    def read(self, path: str) -> bytes:
        """Raise :class:`UnreadError`."""
        raise UnreadError(f"there was no {path}", Left.VANISHED)

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return nothing."""
        del folder
        return ()

    folders = listing

    def below(
        self,
        paths: Iterable[StrPath],
        *,
        exclude: Iterable[str] = (),
        ignores: Files | None = None,
        force_exclude: bool = False,
    ) -> Iterator[Entry]:
        """Yield nothing."""
        del paths, exclude, ignores, force_exclude
        return iter(())
