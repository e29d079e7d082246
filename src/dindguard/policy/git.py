"""A repository's commits and files, read by Git from the objects alone.

Git is given a repository of our own making: the objects and the refs are the tree's, the configuration is not. So
nothing that a configuration can name (monitors, hooks, filters, helpers, remotes, includes) is run, fetched or read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from dindguard.checkout import names
from dindguard.errors import UserError
from dindguard.files import Left, within
from dindguard.policy.git_files import check_kind, followed, lines_of, text_of
from dindguard.records import record
from dindguard.rules import nearest

_HASH = re.compile(r"[0-9a-fA-F]{7,64}")
_NAME = re.compile(r"[\w./-]+")
_ZEROS = re.compile(r"0{40}|0{64}")
_FORMAT = re.compile(
    r"^[ \t]*+(objectformat|refstorage)[ \t]*+=[ \t]*+\"?(\w++)\"?[ \t\r]*$", re.IGNORECASE | re.MULTILINE
)
_SHARED = ("refs", "packed-refs", "reftable", "logs", "shallow")
_USER = ("HOME", "GNUPGHOME", "XDG_CONFIG_HOME", "GPG_TTY")
_ALTERNATES = "GIT_ALTERNATE_OBJECT_DIRECTORIES"
_GIT_FOLLOWS = 5
"""So many repositories that borrow from each other are followed by Git itself; it refuses those behind them."""


def nothing_before(revision: str) -> bool:
    """Whether a revision is the all-zero hash, by which CI systems say that there was nothing before."""
    return _ZEROS.fullmatch(revision) is not None


@record
class Blob:
    """A regular file of a commit: its object and its size in bytes; the size is ``None`` when the clone lacks it."""

    name: str
    size: int | None


class Repository:
    """The objects of the repository at a folder. ``asked`` is the option that wants them, for messages.

    ``bare`` takes the folder itself for the repository, one without a work tree.
    Raises :class:`UserError` when there is no repository, or when it leads out of the folder to one that does not
    name this folder as its own.
    """

    def __init__(self, root: str, asked: str, *, bare: bool = False) -> None:
        self.asked = asked
        places = _Places.bare(root, asked) if bare else _Places.of(root, asked)
        path = _search_path(places.root)
        self._git = shutil.which("git", path=path)
        if self._git is None:
            raise UserError(f"{asked}: this needs git, and there is none on the PATH")
        self.shallow = os.path.isfile(os.path.join(places.common, "shallow"))
        self._home = tempfile.mkdtemp(prefix="dindguard-git-")
        self._batch: subprocess.Popen[bytes] | None = None
        self.unread: dict[str, Left] = {}
        """What of the listed commit is no file that could be read: links, and other repositories."""
        try:
            _furnish(self._home, places)
        except UserError:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise UserError(f"{asked}: the repository cannot be read: {error.strerror}") from None
        self._environment = {
            "PATH": path,
            "GIT_DIR": self._home,
            "GIT_OBJECT_DIRECTORY": os.path.join(places.common, "objects"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_NO_REPLACE_OBJECTS": "1",
            "LC_ALL": "C",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove what was made for it."""
        if self._batch is not None:
            for stream in (self._batch.stdin, self._batch.stdout):
                if stream is not None:
                    stream.close()
            self._batch.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def run(self, *arguments: str) -> bytes | None:
        """Return what a Git command prints; ``None`` when it fails."""
        return self._run(arguments, self._environment)

    def run_as_user(self, *arguments: str) -> bytes | None:
        """Return what a Git command prints that knows the user's own settings and keys, by which it checks signatures."""
        user = {name: os.environ[name] for name in _USER if name in os.environ}
        own = {name: value for name, value in self._environment.items() if name != "GIT_CONFIG_GLOBAL"}
        return self._run(arguments, {**user, **own})

    def _run(self, arguments: tuple[str, ...], environment: dict[str, str]) -> bytes | None:
        done = subprocess.run(
            self._command(*arguments), capture_output=True, env=environment, cwd=self._home, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return None if done.returncode else done.stdout

    def _command(self, *arguments: str) -> list[str]:
        assert self._git is not None
        return [self._git, *arguments]

    def commit(self, revision: str) -> str:
        """Return the name of a commit; raises :class:`UserError` that says why there is none, and what mends it."""
        if revision.startswith("-"):
            raise UserError(f"{self.asked}: '{revision}' is no revision")
        found = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if found is None:
            raise UserError(f"{self.asked}: {self._why_missing(revision)}")
        return found.decode().strip()

    def common_start(self, one: str, other: str) -> str:
        """Return the newest commit that two have in common; empty when there is none, or the clone does not reach it."""
        return (self.run("merge-base", "--end-of-options", one, other) or b"").decode().strip()

    def _why_missing(self, revision: str) -> str:
        if self.run("cat-file", "-e", revision) is not None:
            return f"'{revision}' is no commit"
        if self.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
            return "the repository has no commit yet"
        branch = revision.removeprefix("origin/")
        if self.shallow:
            return (
                f"this is a shallow clone, and '{revision}' is not in it: get the rest with 'git fetch --unshallow', or "
                f"that alone with 'git fetch --depth 1 origin {branch}' (GitHub Actions: 'fetch-depth: 0' for "
                "actions/checkout; GitLab CI: 'GIT_DEPTH: 0')"
            )
        if _HASH.fullmatch(revision):
            return f"there is no commit '{revision}' here: fetch the branch that holds it ('git fetch origin BRANCH')"
        names = (self.run("for-each-ref", "--format=%(refname:short)") or b"").decode("utf-8", "replace").split()
        advice = f": 'git fetch origin {branch}' gets a branch" if _NAME.fullmatch(revision) else ""
        return f"there is no revision '{revision}' here{nearest(revision, names)}{advice}"

    def blobs(self, commit: str) -> dict[str, Blob]:
        """Return the regular files of a commit by path."""
        listed = self.run("ls-tree", "-r", "-l", "-z", "--full-tree", commit)
        if listed is None:
            raise UserError(f"{self.asked}: {self._incomplete(f'the folders of {commit[:12]}')}")
        self.unread = dict(_unread(listed))
        return dict(_entries(listed))

    def read(self, blob: Blob, path: str) -> bytes:
        """Return a file's bytes; raises :class:`UserError` when the clone lacks them."""
        if self._batch is None:
            self._batch = subprocess.Popen(
                self._command("cat-file", "--batch"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=self._environment, cwd=self._home,
            )  # fmt: skip
        assert self._batch.stdin is not None
        assert self._batch.stdout is not None
        self._batch.stdin.write(f"{blob.name}\n".encode())
        self._batch.stdin.flush()
        head = self._batch.stdout.readline().split()
        if len(head) != 3:
            raise UserError(f"{self.asked}: {self._incomplete(path)}")
        data = self._batch.stdout.read(int(head[2]))
        self._batch.stdout.read(1)
        return data

    def _incomplete(self, what: str) -> str:
        return f"this clone lacks {what}: get it with 'git fetch --refetch --no-filter'"


def _entries(listed: bytes) -> Iterator[tuple[str, Blob]]:
    for entry in listed.split(b"\0"):
        facts, _, path = entry.partition(b"\t")
        if path:
            mode, _, blob, size = facts.split()
            if mode in (b"100644", b"100755"):
                yield path.decode("utf-8", "replace"), Blob(blob.decode(), int(size) if size.isdigit() else None)


def _unread(listed: bytes) -> Iterator[tuple[str, Left]]:
    for entry in listed.split(b"\0"):
        facts, _, path = entry.partition(b"\t")
        why = _UNREAD.get(facts[:6])
        if why is not None:
            yield path.decode("utf-8", "replace"), why


_UNREAD = {b"120000": Left.LINK, b"160000": Left.NESTED}


# -- where it is ------------------------------------------------------------------------------------


@record
class _Places:
    """The folder of a work tree's own refs, and the one that it shares with others; mostly they are one."""

    root: str
    own: str
    common: str

    @classmethod
    def of(cls, root: str, asked: str) -> _Places:
        root = os.path.realpath(root)
        dot = os.path.join(root, ".git")
        if not os.path.lexists(dot):
            raise UserError(f"{asked}: {root} is no Git repository")
        own = followed(dot, "gitdir:")
        if not within(own, root) and not names(own, root):
            raise UserError(
                f"{asked}: .git leads out of {root} to {own}, which does not name this folder as its work tree; "
                f"if it is yours, say so there: git --git-dir '{own}' config core.worktree '{root}'"
            )
        common = followed(os.path.join(own, "commondir"), "") if os.path.isfile(f"{own}/commondir") else own
        if not (within(common, root) or within(own, common)):
            raise UserError(f"{asked}: .git/commondir leads out of {root} to {common}, which is not followed")
        return cls(root, own, common).checked(asked)

    @classmethod
    def bare(cls, root: str, asked: str) -> _Places:
        root = os.path.realpath(root)
        return cls(root, root, root).checked(asked)

    def checked(self, asked: str) -> _Places:
        objects = os.path.realpath(os.path.join(self.common, "objects"))
        if not within(objects, self.common):
            raise UserError(f"{asked}: the repository's objects lead out of it to {objects}, which is not followed")
        for borrowed in _borrowed(objects, self.root, self.common):
            raise UserError(
                f"{asked}: .git/objects/info/alternates leads out of {self.root} to {borrowed}, which is not followed; "
                f"if it is yours, name it: GIT_ALTERNATE_OBJECT_DIRECTORIES='{borrowed}'; 'git repack -a -d' copies its objects"
            )
        return self


def _borrowed(objects: str, *inside: str) -> Iterator[str]:
    """Yield the folders outside of some from which a repository borrows objects and that the user does not name.

    Source: gitrepository-layout(5); Git itself follows no more than five, one behind the other.
    """
    named = {os.path.realpath(each) for each in os.environ.get(_ALTERNATES, "").split(os.pathsep) if each}
    waiting = [(objects, 0)]
    while waiting:
        folder, depth = waiting.pop()
        for path in lines_of(os.path.join(folder, "info", "alternates")):
            there = os.path.realpath(os.path.join(folder, path))
            if there in named:
                continue
            if path.startswith('"') or not any(within(there, each) for each in inside):  # in quotes: with escapes
                yield there
            elif depth < _GIT_FOLLOWS:
                waiting.append((there, depth + 1))


def _search_path(root: str) -> str:
    """Return the ``PATH`` without its relative folders and those of the tree: a ``git`` there is not run."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    outside = (each for each in folders if os.path.isabs(each) and not within(os.path.realpath(each), root))
    return os.pathsep.join(outside)


def _furnish(home: str, places: _Places) -> None:
    """Make a repository of the refs of another one, with a configuration of our own; objects come by environment."""
    formats = {key.lower(): value for key, value in _FORMAT.findall(text_of(os.path.join(places.common, "config")))}
    lines = ["[core]", "repositoryformatversion = 1", "bare = true", "[extensions]"]
    with open(os.path.join(home, "config"), "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, *(f"{key} = {value}" for key, value in formats.items()), ""]))
    for name in _SHARED:
        there = os.path.join(places.common, name)
        check_kind(there)
        if os.path.exists(there) and within(os.path.realpath(there), places.common):
            os.symlink(there, os.path.join(home, name))
    if not os.path.exists(os.path.join(home, "refs")):
        os.mkdir(os.path.join(home, "refs"))
    for name in os.listdir(places.own):
        if name.endswith("HEAD"):
            with open(os.path.join(home, name), "w", encoding="utf-8") as file:
                file.write(text_of(os.path.join(places.own, name)))
