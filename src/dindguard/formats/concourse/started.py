"""The script file of a repository that a task runs: the first part of its path names an artifact (``repo/ci/build.sh``)."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from dindguard.documents.tree import Node
from dindguard.formats import Context
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.patterns import regex
from dindguard.scripts.shell_argument import script_index
from dindguard.source import Source
from dindguard.vocabulary import SCRIPT_RUNNERS

_PATH = regex(r"[\w@%+=:,./-]+")
_SHELL = regex(r"#!.*\b(?:ba|da|z|k|a)?sh\b")
_ENDINGS = (".sh", ".bash")


def started_file(task: Node, words: Sequence[str], context: Context) -> Source | None:
    """Return the script that a task's command starts, by itself or through a shell; ``None`` where the scan has none.

    A repository is looked for at the scan's root, and where the task's own file lies.
    """
    name = _name(words)
    folder = task["run"]["dir"].content
    artifact, _, within = posixpath.normpath(posixpath.join(folder, name)).partition("/")
    if not name or not within or artifact in ("", "..") or UNKNOWN_PIECE in within:
        return None
    for root in dict.fromkeys(("", task.source.path.partition("/")[0])):
        found = context.open(posixpath.join(root, within))
        if found is not None and (_SHELL.match(found.text) or found.path.endswith(_ENDINGS)):
            return Source(found.path, found.text, hint=found.path)
    return None


def _name(words: Sequence[str]) -> str:
    """Return the path of what is started; empty where that is no file of its own."""
    if not words or posixpath.basename(words[0]) not in SCRIPT_RUNNERS:
        return words[0] if words else ""
    index = script_index(words)
    if index is None:
        return next((word for word in words[1:] if not word.startswith("-")), "")
    script = words[index].strip()
    return script if _PATH.fullmatch(script) else ""
