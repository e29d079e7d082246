"""``package.json``: the scripts that npm, Yarn and pnpm run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source


def is_package(source: Source, node: Node) -> bool:
    """Whether a document is a package's description; nothing but its scripts runs anything."""
    return node.is_mapping and source.parent is None and source.name == "package.json"


FORMAT = FormatRow(
    name="package-json",
    title="package.json",
    syntaxes=("json",),
    keys=("scripts", "name", "version", "private", "dependencies", "devDependencies", "type", "workspaces"),
    evidence=Evidence.DECLARED,
    shape=is_package,
)
