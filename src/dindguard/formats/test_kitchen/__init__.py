"""Test Kitchen: the containers in which Chef's cookbooks, Salt's formulas and Puppet's modules are tested (`kitchen.yml`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_DRIVER = ("driver", "driver_config", "driver_plugin")
_ALSO = ("suites", "platforms", "provisioner", "transport", "verifier")


def is_kitchen(source: Source, node: Node) -> bool:
    """Whether a document configures Test Kitchen: by its name and a key of its own, or by its suites beside platforms."""
    if not node.is_mapping:
        return False
    if FORMAT.named(source.hint or source.path):
        return any(key in node for key in (*_DRIVER, *_ALSO))
    return node["suites"].is_sequence and node["platforms"].is_sequence


FORMAT = FormatRow(
    name="test-kitchen",
    title="Test Kitchen",
    syntaxes=("yaml",),
    names=r"(^|/)\.?kitchen(\.[\w-]+)?\.ya?ml$",
    evidence=Evidence.DECLARED,
    keys=("suites", *_DRIVER),
    shape=is_kitchen,
    not_read=("hooks of its `lifecycle`", "drivers that make no containers (vagrant, ec2)"),
)
