"""Taskfiles: the commands of Task's tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_OWN = ("cmds", "cmd", "deps", "desc", "vars", "sources", "silent", "preconditions", "task")


def is_taskfile(source: Source, node: Node) -> bool:
    """Whether a document has a version and tasks by name; Ansible's tasks are a list."""
    tasks = node["tasks"]
    if not tasks.is_mapping or "version" not in node or not node["version"].content.startswith(("2", "3")):
        return False
    if FORMAT.named(source.hint or source.path):
        return True
    return any(task.is_mapping and any(key in task for key in _OWN) for task in tasks.values())


FORMAT = FormatRow(
    name="taskfile",
    title="Taskfiles",
    syntaxes=("yaml",),
    names=r"(?i:(^|/)taskfile([.-][\w.-]+)?\.ya?ml$)",
    keys=("tasks",),
    evidence=Evidence.DECLARED,
    shape=is_taskfile,
)
