"""Bitbucket Pipelines: steps with their image, services and volumes, and whose machine they run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_STARTS = ("default", "branches", "custom", "pull-requests", "tags", "bookmarks")
_ITEMS = ("step", "parallel", "stage")


def is_pipelines(source: Source, node: Node) -> bool:
    """Whether a document has pipelines by what starts them, and steps in them."""
    pipelines = node["pipelines"]
    if FORMAT.named(source.hint or source.path):
        return pipelines.is_mapping
    lists = [pipelines["default"], *(each for key in _STARTS for each in pipelines[key].values())]
    return any(key in item for each in lists for item in each.items() for key in _ITEMS)


FORMAT = FormatRow(
    name="bitbucket-pipelines",
    title="Bitbucket Pipelines",
    syntaxes=("yaml",),
    names=r"(^|/)bitbucket-pipelines\.ya?ml$",
    keys=("pipelines",),
    evidence=Evidence.DECLARED,
    words=("self.hosted", "self-hosted"),
    shape=is_pipelines,
    not_read=(
        "what pipes run",
        "pipelines of other repositories",
    ),
)
