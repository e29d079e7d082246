"""What an engine says about itself: saved ``docker inspect`` and ``docker info`` output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source


def tells_of_an_engine(source: Source, node: Node) -> bool:
    """Whether a document is output of ``docker inspect`` or ``docker info``, or a snapshot of both."""
    del source
    if node.is_sequence:
        return any(_is_inspected(item) for item in node.items()[:100])
    if not node.is_mapping:
        return False
    if _is_inspected(node) or (node["DockerRootDir"].is_scalar and node["ServerVersion"].is_scalar):
        return True
    return node["info"]["ServerVersion"].is_scalar or any(map(_is_inspected, node["containers"].items()[:100]))


def _is_inspected(node: Node) -> bool:
    return node.is_mapping and node["HostConfig"].is_mapping and node["Config"].is_mapping


FORMAT = FormatRow(
    name="engine-snapshot",
    title="docker inspect, docker info",
    syntaxes=("json", "yaml"),
    keys=("HostConfig", "DockerRootDir", "info", "containers"),
    evidence=Evidence.DECLARED,
    shape=tells_of_an_engine,
    observed=True,
)
