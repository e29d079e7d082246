"""Watches every scan of the suite, and what reports make of it: it opens no connection, starts no process and writes nothing.

Three exceptions, named here: a scan that was asked about a revision (``--since``, ``--trust``, or files that are a revision's)
runs ``git``, and keeps a repository of its own in a temporary folder meanwhile; one that was asked for several processes
(``jobs``) forks them; importing a module may write its bytecode. What the forks do is told through a pipe, what commands do
that tests run as processes through a file: ``watched`` has them watched.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

STARTS = (
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "pty.spawn",
)
CHANGES = ("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate",
           "os.utime", "shutil.")  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
OF_GIT = os.path.join(tempfile.gettempdir(), "dindguard-git-")
STEPS = ("find", "judge", "apply", "report", "close")
"""The methods of a scan that are watched, beside the one that makes it."""


FORKS = hasattr(os, "fork")
"""Where processes fork, the hook goes with them: they tell through a pipe. Elsewhere one begins without it."""


class Watch:
    """The scan that is under way, and what was done in it that no scan may do."""

    def __init__(self) -> None:
        self.depth = 0
        self.git = False
        self.workers = False
        self.others: frozenset[int] = frozenset()
        self.seen: list[str] = []
        self.process = os.getpid()
        self.hooked = False
        self._told, self._tell = os.pipe()
        if FORKS:
            os.set_blocking(self._told, False)
            os.set_blocking(self._tell, False)

    def begin(self, *, git: bool, workers: bool) -> None:
        if not self.depth:
            self.git, self.workers = git, workers
            own = threading.get_ident()
            self.others = frozenset(each.ident or 0 for each in threading.enumerate()) - {own}
        self.depth += 1

    def end(self) -> None:
        self.depth -= 1

    def taken(self) -> list[str]:
        """Return what was seen, and forget it."""
        seen, self.seen = self.seen, []
        if not FORKS:
            return seen
        with contextlib.suppress(BlockingIOError):  # no fork has told anything
            seen += os.read(self._told, 1 << 16).decode("utf-8", "replace").splitlines()
        return seen

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an audit event that no scan may cause; threads that were there before it are not the scan's."""
        if self.depth and self._forbidden(event, arguments) and threading.get_ident() not in self.others:
            said = f"{event} {arguments!r}"[:300]
            if os.getpid() == self.process:
                self.seen.append(said)
            else:
                os.write(self._tell, ascii(said).encode() + b"\n")

    def tell(self, file: int) -> None:
        """Write what is seen from now on, here and in forks, to an open file."""
        self.process, self._tell = -1, file

    def install(self) -> None:
        """Have this process audited; the hook stays until it ends."""
        if not self.hooked:
            self.hooked = True
            sys.addaudithook(self.hook)

    def _forbidden(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "open":
            return self._writes(*arguments)
        if event == "subprocess.Popen":
            return not (self.git and os.path.basename(os.fsdecode(arguments[0] or arguments[1][0])) == "git")
        if event.startswith(CHANGES):
            return not self._of_git(arguments[event in ("os.link", "os.rename", "os.symlink")])
        if event == "os.fork" and self.workers:
            return False
        return event.startswith(("socket.", *STARTS))

    def _writes(self, path: Any, mode: Any, flags: Any) -> bool:
        if isinstance(path, int) or not isinstance(flags, int) or not flags & WRITING:
            return False  # a pipe, or a file that is only read
        name = os.fsdecode(path)
        return "__pycache__" not in name and name != os.devnull and not self._of_git(path)

    def _of_git(self, path: Any) -> bool:
        """Whether a path lies in the temporary repository; names without a folder are those of its removal."""
        name = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
        return "__pycache__" in name or (self.git and (name.startswith(OF_GIT) or not os.path.isabs(name)))


WATCH = Watch()


def install() -> None:
    """Watch all scans of this process from now on, and those of processes that it starts with its own environment."""
    from dindguard import reports, scanning

    watch_scans(scanning)
    watch_reports(reports)
    os.environ.update(environment())


def watch_scans(scanning: ModuleType) -> None:
    """Watch the steps of every scan; ``scanning`` is our module of that name."""
    scan = scanning.Scan

    def watched(step: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(step)
        def inner(scan: Any, *arguments: Any) -> Any:
            from dindguard.working_tree import WorkingTree

            asked = scan.options.since or scan.options.trust
            git = bool(asked) or not isinstance(scan.files, WorkingTree)
            WATCH.begin(git=git, workers=scan.options.jobs != 1)
            try:
                return step(scan, *arguments)
            finally:
                WATCH.end()

        return inner

    made = scan.of.__func__

    @functools.wraps(made)
    def of(cls: Any, options: Any, files: Any = None) -> Any:
        WATCH.begin(git=bool(options.since or options.trust or files is not None), workers=False)
        try:
            return made(cls, options, files)
        finally:
            WATCH.end()

    scan.of = classmethod(of)
    for name in STEPS:
        setattr(scan, name, watched(getattr(scan, name)))
    WATCH.install()


def watch_reports(reports: ModuleType) -> None:
    """Watch the making of every report; ``reports`` is our package of that name."""
    render = reports.render

    @functools.wraps(render)
    def rendered(*arguments: Any, **more: Any) -> Any:
        WATCH.begin(git=False, workers=False)
        try:
            return render(*arguments, **more)
        finally:
            WATCH.end()

    reports.render = rendered
    WATCH.install()


# -- processes that tests start ---------------------------------------------------------------------

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "watched")


@functools.cache
def _file() -> str:
    """Return the file that processes of tests tell through, made once."""
    number, path = tempfile.mkstemp(prefix="dindguard-watched-")
    os.close(number)
    atexit.register(os.unlink, path)
    return path


def environment() -> dict[str, str]:
    """Return what a process needs for its scans to be watched, for tests that give it an environment of their own."""
    others = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each not in ("", _FOLDER)]
    return {"WATCHED_SCANS": _file(), "PYTHONPATH": os.pathsep.join((_FOLDER, *others))}


def in_a_process_of_a_test(file: str) -> None:
    """Tell what this process sees through a file of the suite's."""
    if WATCH.process != -1:
        WATCH.tell(os.open(file, os.O_WRONLY | os.O_APPEND))


def told_by_processes() -> list[str]:
    """Return what processes of tests have told, and forget it."""
    if not os.path.getsize(_file()):
        return []
    with open(_file(), "r+", encoding="utf-8", errors="replace") as file:
        told = file.read().splitlines()
        file.truncate(0)
    return told
