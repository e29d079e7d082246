"""``daemon.json``: the configuration file of dockerd."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source


def has_its_name(source: Source, node: Node) -> bool:
    """Whether a document is an object in a file of that name; its keys are too many to tell by."""
    return node.is_mapping and FORMAT.named(source.hint or source.path)


FORMAT = FormatRow(
    name="daemon-json",
    title="daemon.json",
    syntaxes=("json", "yaml"),
    names=r"(^|/)daemon\.json$",
    always=True,
    evidence=Evidence.DECLARED,
    shape=has_its_name,
)
