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
        "ulimit",
        "sleep",
        "mkdir",
        "ls",
        "id",
        "cd",
        "stat",
        "touch",
    }
)
_TASKS = (
    ("only sets kernel parameters", frozenset({"sysctl"})),
    ("only changes whose files are", frozenset({"chown", "chmod"})),
    ("only sets limits of its own", frozenset({"ulimit"})),
)
"""What a container that does its task once needs no more than, by the programs that tell it."""


def only_does(words: Sequence[Text]) -> str:
    """Return the task that is all of a command, in words; ``""`` for any other."""
    run = argv_programs(words)
    if any("/proc/sys/" in word.pattern for word in words):
        run |= {"sysctl"}  # whoever writes there does what that would
    return next((what for what, programs in _TASKS if run & programs and run <= programs | _BESIDE), "")
