"""GitHub Actions: workflows and actions, and the same files of Gitea and Forgejo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import FormatRow
from dindguard.patterns import regex

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_ACTION_NAME = regex(r"(^|/)action\.ya?ml$")


def is_workflow_or_action(source: Source, node: Node) -> bool:
    """Whether a document has jobs that name their runner, or is an action's description."""
    if _ACTION_NAME.search(source.path) and node["runs"]["using"].is_scalar:
        return True
    jobs = node["jobs"]
    if not jobs.is_mapping:
        return node["runs"]["using"].is_scalar and ("inputs" in node or "name" in node)
    if FORMAT.named(source.path):
        return True
    if "on" not in node and "true" not in node:
        return False
    return any("runs-on" in job or "uses" in job for job in jobs.values() if job.is_mapping)


FORMAT = FormatRow(
    name="github-actions",
    title="GitHub Actions",
    syntaxes=("yaml", "json"),
    names=r"(^|/)\.(github|gitea|forgejo)/workflows/[^/]+\.ya?ml$",
    keys=("jobs", "runs"),
    writes=True,
    shape=is_workflow_or_action,
    not_read=("actions and workflows of other repositories, but for those that are known by name",),
)
