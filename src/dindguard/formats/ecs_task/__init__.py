"""ECS task definitions: what their containers are given, and what Fargate refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_OWN = ("essential", "memory", "memoryReservation", "portMappings", "mountPoints", "linuxParameters")


def is_task_definition(source: Source, node: Node) -> bool:
    """Whether a document is a task definition, as registered or as described, or a list of its containers."""
    if node.is_sequence:
        items = node.items()
        hinted = source.hint == FORMAT.name
        return bool(items) and all(_is_container(item, hinted=hinted) for item in items)
    definition = definition_of(node)
    return any(_is_container(item, hinted=True) for item in definition["containerDefinitions"].items())


def definition_of(node: Node) -> Node:
    """Return the definition itself: what ``describe-task-definition`` prints has it under a key."""
    inner = node["taskDefinition"]
    return inner if inner.present else node


def _is_container(item: Node, *, hinted: bool) -> bool:
    named = item.is_mapping and item["name"].is_scalar and item["image"].is_scalar
    return named and (hinted or any(key in item for key in _OWN)) and "HostConfig" not in item


FORMAT = FormatRow(
    name="ecs-task",
    title="ECS task definitions",
    syntaxes=("json", "yaml"),
    beginning=r'"containerDefinitions"\s*:',
    keys=(
        "containerDefinitions",
        "taskDefinition",
        "essential",
        "portMappings",
        "mountPoints",
        "memory",
    ),
    evidence=Evidence.DECLARED,
    words=("containerdefinitions", "sourcepath", "mountpoints"),
    shape=is_task_definition,
)
