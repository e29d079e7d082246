"""``buildkitd.toml``: the configuration file of BuildKit's daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source


def has_its_name(source: Source, node: Node) -> bool:
    """Whether a document is a table in a file of that name."""
    return node.is_mapping and FORMAT.named(source.hint or source.path)


FORMAT = FormatRow(
    name="buildkitd-toml",
    title="buildkitd.toml",
    syntaxes=("toml",),
    names=r"(^|/)buildkitd[^/]*\.toml$",
    always=True,
    evidence=Evidence.DECLARED,
    shape=has_its_name,
)
