"""What a container is started to do once, where that is all of its command."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.model.values import Text
from dindguard.scripts.commands import argv_programs

_BESIDE = frozenset(
    {
        "echo",
        "printf",
        "set",
        "true",
        "test",
        "[",
        "exit",
        "sleep",
        "mkdir",
        "ls",
        "id",
        "cd",
        "stat",
        "touch",
        "grep",
        "mountpoint",
        "pidof",
        "sync",
    }
)
_TASKS = (
    ("sets kernel parameters", frozenset({"sysctl"})),
    ("changes whose files are", frozenset({"chown", "chmod"})),
    ("sets limits of its own", frozenset({"ulimit"})),
    ("loads kernel modules", frozenset({"modprobe"})),
    ("removes files", frozenset({"rm"})),
    ("trims disks", frozenset({"fstrim"})),
    ("mounts file systems", frozenset({"mount"})),
    ("wipes disks", frozenset({"wipefs", "sgdisk", "blkdiscard", "partprobe"})),
)
"""What a container that does its task once needs no more than, by the programs that tell it."""

_SHORT = "rm"
_TELLING = (*(each for _, programs in _TASKS for each in programs if each != _SHORT), f"{_SHORT} ", "/proc/sys/")


def may_be_task(words: Sequence[Text]) -> bool:
    """Whether a command could be such a task alone: what tells quickly that most are none."""
    patterns = [word.pattern for word in words]
    together = "\0".join(patterns)
    return _SHORT in patterns or any(each in together for each in _TELLING)


def only_does(words: Sequence[Text]) -> str:
    """Return the tasks that are all of a command, in words; ``""`` for any other."""
    run = argv_programs(words)
    if any("/proc/sys/" in word.pattern for word in words):
        run |= {"sysctl"}  # whoever writes there does what that would
    tasks = [(what, programs) for what, programs in _TASKS if run & programs]
    if not tasks or not run <= _BESIDE.union(*(programs for _, programs in tasks)):
        return ""
    return f"only {' and '.join(what for what, _ in tasks)}"
