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
        return any(is_container(item) for item in node.items())
    if not node.is_mapping:
        return False
    if is_container(node) or is_info(node):
        return True
    return node["info"]["ServerVersion"].is_scalar or any(map(is_container, node["containers"].items()))


def is_container(node: Node) -> bool:
    """Whether an object is an inspected container."""
    return node.is_mapping and node["HostConfig"].is_mapping and node["Config"].is_mapping


def is_info(node: Node) -> bool:
    """Whether an object is what ``docker info`` says."""
    return node.is_mapping and node["DockerRootDir"].is_scalar and node["ServerVersion"].is_scalar


FORMAT = FormatRow(
    name="engine-snapshot",
    title="docker inspect, docker info",
    syntaxes=("json", "yaml"),
    keys=("HostConfig", "DockerRootDir", "info", "containers"),
    evidence=Evidence.DECLARED,
    shape=tells_of_an_engine,
    observed=True,
)
