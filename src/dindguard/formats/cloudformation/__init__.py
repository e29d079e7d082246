"""CloudFormation templates: the ECS tasks in them, and what machines are given when they start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

TASK = "AWS::ECS::TaskDefinition"


def makes_containers(source: Source, node: Node) -> bool:  # noqa: ARG001 - the signature of shapes
    """Whether a document is a template that makes a task definition, or gives user data to a machine."""
    resources = node["Resources"]
    return resources.is_mapping and any(
        each["Type"].content == TASK or user_data(each).present for each in resources.values()
    )


def user_data(resource: Node) -> Node:
    """Return what a resource gives to its machines; a hole for others."""
    properties = resource["Properties"]
    own = properties["UserData"]
    return own if own.present else properties["LaunchTemplateData"]["UserData"]


FORMAT = FormatRow(
    name="cloudformation",
    title="CloudFormation templates",
    syntaxes=("yaml", "json"),
    keys=("Resources",),
    words=(
        ("userdata", r"userdata[\"']?\s{0,20}:\s{0,20}(?:[\"']|[|>]-?\s{0,80})?[a-z0-9+/]{24}"),
    ),  # a script in base64
    evidence=Evidence.DECLARED,
    shape=makes_containers,
    not_read=("files and commands of AWS::CloudFormation::Init",),
)
