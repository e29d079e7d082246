"""What a change brings: the tree as a Git revision has it, read without running anything of the tree."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator

from dindguard.discover import MAX_BYTES, SKIPPED_FOLDERS, Files
from dindguard.errors import UserError
from dindguard.findings import Finding, Status
from dindguard.policy.baseline import entry_of
from dindguard.records import replace

_SAFE = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "protocol.allow=never",
    "-c",
    "safe.directory=*",
)
"""No monitor or hook runs, and nothing is fetched. So prepared, a repository of another user does no harm."""


class Revision(Files):
    """The files of one Git revision, read from the object database: no hook, filter or monitor runs."""

    def __init__(self, root: str, revision: str) -> None:
        super().__init__(root)
        self.revision = revision
        self._blobs = _blobs(root, revision)
        self._reader = _Batch(root)

    def __enter__(self) -> Revision:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def paths_below(self, prefixes: Iterable[str], exclude: Iterable[str]) -> Iterator[str]:
        """Yield the paths that are one of ``prefixes`` (``.`` for all) or below one, sorted.

        ``exclude`` are patterns as in ``.gitignore``.
        """
        import pathspec

        excluded = pathspec.GitIgnoreSpec.from_lines(exclude)
        wanted = tuple(prefixes)
        for path in sorted(self._blobs):
            if any(prefix in (".", path) or path.startswith(f"{prefix}/") for prefix in wanted):
                folders = path.split("/")[:-1]
                if SKIPPED_FOLDERS.isdisjoint(folders) and not excluded.match_file(path):
                    yield path

    def inside(self, path: str) -> str | None:
        """Return a path for a file of the revision, for existence tests only."""
        return f"{self.root}/{path}" if path in self._blobs else None

    def read_bytes(self, path: str) -> bytes | None:
        """Return a file's bytes as the revision has them."""
        found = self._blobs.get(path)
        return None if found is None or found[1] > MAX_BYTES else self._reader.read(found[0])

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a folder of the revision."""
        prefix = f"{folder.strip('/')}/" if folder.strip("./") else ""
        names = [path[len(prefix) :] for path in self._blobs if path.startswith(prefix)]
        return tuple(sorted(name for name in names if "/" not in name))


def new_subjects(findings: Iterable[Finding], before: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, each with the subjects only that ``before`` does not have as open ones.

    A second finding that equals a known one is new: they are counted.
    """
    known: Counter[tuple[str, ...]] = Counter()
    silenced: Counter[tuple[str, ...]] = Counter()
    for finding in before:
        for subject in finding.subjects:
            (known if subject.status is Status.OPEN else silenced)[entry_of(finding, subject).key] += 1
    new = []
    for finding in findings:
        fresh = []
        for subject in finding.subjects:
            key = entry_of(finding, subject).key
            seen = known if known[key] > 0 else silenced
            if seen[key] > 0 and (seen is known or subject.status is not Status.OPEN):
                seen[key] -= 1
            else:
                fresh.append(subject)
        if fresh:
            new.append(replace(finding, subjects=tuple(fresh)))
    return tuple(new)


def _environment(root: str) -> dict[str, str]:
    """Return an environment in which Git reads no configuration but the repository's own format settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_CEILING_DIRECTORIES": os.path.dirname(root),
        "LC_ALL": "C",
    }


def _git(root: str, *arguments: str) -> bytes:
    command = ["git", *_SAFE, "-C", root, *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, env=_environment(root), stdin=subprocess.DEVNULL, check=False
        )
    except FileNotFoundError:
        raise UserError("--since needs git, and there is none on the PATH") from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UserError(f"--since: git cannot read the revision: {reason[-1] if reason else 'no reason given'}")
    return done.stdout


def _commit(root: str, revision: str) -> str:
    """Return the name of a revision's commit; raises :class:`UserError` that says what to do when it is not there."""
    try:
        found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except UserError as error:
        if not os.path.exists(os.path.join(root, ".git")):
            raise UserError(f"--since {revision}: {root} is no Git repository") from None
        if _git(root, "rev-parse", "--is-shallow-repository").strip() != b"true":
            raise UserError(f"--since {revision}: the repository has no such revision") from error
        raise UserError(
            f"--since {revision}: this clone is shallow and lacks the revision; fetch it (git fetch --unshallow, or "
            f"git fetch --depth 1 origin {revision}), or clone whole: fetch-depth: 0 for actions/checkout, "
            'GIT_DEPTH: "0" in GitLab'
        ) from error
    return found.decode().strip()


def _blobs(root: str, revision: str) -> dict[str, tuple[str, int]]:
    """Return object name and size of each regular file of a revision, by path."""
    if revision.startswith("-"):
        raise UserError(f"--since: '{revision}' is no revision")
    name = _commit(root, revision)
    found = {}
    for entry in _git(root, "ls-tree", "-r", "-l", "-z", "--full-tree", name).split(b"\0"):
        if not entry:
            continue
        facts, _, path = entry.partition(b"\t")
        mode, _, blob, size = facts.split()
        if mode in (b"100644", b"100755") and size.isdigit():
            found[path.decode("utf-8", "replace")] = (blob.decode(), int(size))
    return found


class _Batch:
    """One ``git cat-file --batch``: asked for an object's name, it answers with its bytes."""

    def __init__(self, root: str) -> None:
        command = ["git", *_SAFE, "-C", root, "cat-file", "--batch"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(root)
        )

    def read(self, blob: str) -> bytes | None:
        """Return an object's bytes; ``None`` when the database lacks it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{blob}\n".encode())
        self._process.stdin.flush()
        head = self._process.stdout.readline().split()
        if len(head) != 3:
            return None
        data = self._process.stdout.read(int(head[2]))
        self._process.stdout.read(1)
        return data

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()
