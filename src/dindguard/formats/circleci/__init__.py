"""CircleCI: configurations; jobs with their executors, what their steps run, through commands and parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_VERSIONS = ("2", "2.0", "2.1")
_JOB = ("docker", "machine", "macos", "executor", "steps", "resource_class", "working_directory")


def is_configuration(source: Source, node: Node) -> bool:
    """Whether a document has a version of CircleCI's, and jobs, executors or commands as CircleCI writes them."""
    if node["version"].content not in _VERSIONS or "services" in node or "tasks" in node:
        return False
    jobs = node["jobs"].values()
    if any(key in job for job in jobs if job.is_mapping for key in _JOB):
        return True
    named = FORMAT.named(source.hint or source.path)
    return (named or "orbs" in node) and any(
        key in node for key in ("jobs", "workflows", "commands", "executors", "orbs")
    )


FORMAT = FormatRow(
    name="circleci",
    title="CircleCI",
    syntaxes=("yaml",),
    names=r"(^|/)\.circleci/config\.ya?ml$",
    keys=("jobs", "orbs", "executors", "commands"),
    evidence=Evidence.DECLARED,
    shape=is_configuration,
    not_read=(
        "orbs that the file does not hold",
        "configurations that a job makes",
    ),
)
