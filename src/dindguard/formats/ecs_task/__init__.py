"""ECS task definitions, by themselves or in CloudFormation: what their containers are given, and what Fargate refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

TASK = "AWS::ECS::TaskDefinition"
_OWN = ("essential", "memory", "memoryReservation", "portMappings", "mountPoints", "linuxParameters")


def is_task_definition(source: Source, node: Node) -> bool:
    """Whether a document is a task definition, as registered or as described, a list of its containers, or makes one."""
    if node.is_sequence:
        items = node.items()
        hinted = source.hint == FORMAT.name
        return bool(items) and all(_is_container(item, hinted=hinted) for item in items)
    if is_template(source, node):
        return True
    definition = definition_of(node)
    return any(_is_container(item, hinted=True) for item in definition["containerDefinitions"].items())


def definition_of(node: Node) -> Node:
    """Return the definition itself: what ``describe-task-definition`` prints has it under a key."""
    inner = node["taskDefinition"]
    return inner if inner.present else node


def is_template(source: Source, node: Node) -> bool:  # noqa: ARG001 - the signature of shapes
    """Whether a document is a CloudFormation template that makes a task definition."""
    resources = node["Resources"]
    return resources.is_mapping and any(each["Type"].content == TASK for each in resources.values())


def _is_container(item: Node, *, hinted: bool) -> bool:
    named = item.is_mapping and item["name"].is_scalar and item["image"].is_scalar
    return named and (hinted or any(key in item for key in _OWN)) and "HostConfig" not in item


FORMAT = FormatRow(
    name="ecs-task",
    title="ECS task definitions",
    syntaxes=("json", "yaml"),
    beginning=r'"containerDefinitions"\s*:',
    keys=(
        "Resources",
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
