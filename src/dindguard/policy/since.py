"""What a change brings: the tree as a Git revision has it, and the findings that it does not have."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

from dindguard.files import MAX_BYTES, Entry, Files, Left, StrPath, UnreadError
from dindguard.findings import Finding, Status, Subject
from dindguard.policy import git
from dindguard.policy.baseline_file import Key, Move, entry_of, move_of
from dindguard.records import replace
from dindguard.working_tree import SKIPPED_FOLDERS


class Revision(Files):
    """The files of one Git revision, read from the objects. ``now`` are those of today, when there are any."""

    def __init__(self, root: str, revision: str, asked: str = "", now: Files | None = None) -> None:
        super().__init__(root)
        self._now = now
        self.revision = revision
        self._repository = git.Repository(root, asked or f"--since {revision}")
        try:
            self._blobs = self._repository.blobs(self._repository.commit(revision))
        except BaseException:
            self._repository.close()
            raise

    def __enter__(self) -> Revision:
        return self

    def __exit__(self, *_: object) -> None:
        self._repository.close()

    def below(
        self,
        paths: Iterable[StrPath],
        *,
        exclude: Iterable[str] = (),
        ignore_files: bool = True,
        force_exclude: bool = False,
    ) -> Iterator[Entry]:
        """Yield the revision's files at or below the paths, sorted. A path that it lacks gives none.

        So are those elsewhere that the tree does not have any more: they may have been moved. Ignore files do not
        count: what is in a revision is tracked.
        """
        del ignore_files
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

    def exists(self, path: str) -> bool:
        """Whether the revision has a file or folder of this path."""
        return path in self._blobs or any(each.startswith(f"{path}/") for each in self._blobs)

    def inside(self, path: str) -> str | None:
        """Return a path for a file of the revision, for existence tests only."""
        return f"{self.root}/{path}" if path in self._blobs else None

    def read(self, path: str) -> bytes:
        """Return a file's bytes as the revision has them; raises :class:`UnreadError` when it has none."""
        found = self._blobs.get(path)
        if found is None:
            raise UnreadError("there is no such file", Left.VANISHED)
        if (found.size or 0) > MAX_BYTES:
            raise UnreadError("larger than the limit, so it was not read", Left.LARGE)
        data = self._repository.read(found, path)
        if data is None:
            raise UnreadError("its object is missing", Left.VANISHED)
        return data

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a folder of the revision."""
        prefix = f"{folder.strip('/')}/" if folder.strip("./") else ""
        names = [path[len(prefix) :] for path in self._blobs if path.startswith(prefix)]
        return tuple(sorted(name for name in names if "/" not in name))

    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders in a folder of the revision."""
        prefix = f"{folder.strip('/')}/" if folder.strip("./") else ""
        below = {path[len(prefix) :].partition("/") for path in self._blobs if path.startswith(prefix)}
        return tuple(sorted({name for name, slash, _ in below if slash}))


def new_subjects(findings: Iterable[Finding], before: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, each with the subjects only that ``before`` does not have as open ones.

    A second finding that equals a known one is new: they are counted. One that was moved to another file is known.
    """
    earlier = _Earlier(before)
    unknown = [(finding, [s for s in finding.subjects if not earlier.knows(finding, s)]) for finding in findings]
    new = [(finding, tuple(s for s in subjects if not earlier.moved(finding, s))) for finding, subjects in unknown]
    return tuple(replace(finding, subjects=subjects) for finding, subjects in new if subjects)


class _Earlier:
    """The subjects of the tree before: each answers for one of now."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.open: dict[Key, list[tuple[Finding, Subject]]] = {}
        self.silenced: dict[Key, list[tuple[Finding, Subject]]] = {}
        for finding in findings:
            for subject in finding.subjects:
                places = self.open if subject.status is Status.OPEN else self.silenced
                places.setdefault(entry_of(finding, subject).key, []).append((finding, subject))

    def knows(self, finding: Finding, subject: Subject) -> bool:
        """Whether it was there, and no more silenced than it is now."""
        key = entry_of(finding, subject).key
        if self.open.get(key):
            self.open[key].pop()
            return True
        if subject.status is not Status.OPEN and self.silenced.get(key):
            self.silenced[key].pop()
            return True
        return False

    @cached_property
    def _gone(self) -> Counter[Move]:
        """What is not there any more, as it may come again in another file."""
        return Counter(move_of(finding, subject) for left in self.open.values() for finding, subject in left)

    def moved(self, finding: Finding, subject: Subject) -> bool:
        """Whether one that is gone comes again in another file; to be asked when all that are known have been."""
        move = move_of(finding, subject)
        if self._gone[move] <= 0:
            return False
        self._gone[move] -= 1
        return True
