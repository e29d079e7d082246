"""Bake files: what the builds of ``docker buildx bake`` ask for, in HCL and in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_OWN = (
    "dockerfile", "context", "contexts", "tags", "inherits", "platforms", "args", "output", "entitlements", "target",
    "dockerfile-inline", "cache-from", "matrix",
)  # fmt: skip


def is_bake_file(source: Source, node: Node) -> bool:
    """Whether a document is a bake file: by its name, or by targets with keys of its own."""
    if FORMAT.named(source.hint or source.path):
        return node.is_mapping
    targets = node["target"]
    return targets.is_mapping and any(
        any(key in target for key in _OWN) for target in targets.values() if target.is_mapping
    )


FORMAT = FormatRow(
    name="bake",
    title="Bake files",
    syntaxes=("hcl", "json"),
    names=r"(^|/)docker-bake[^/]*\.(hcl|json)$",
    keys=("target", "group"),
    evidence=Evidence.LIKENESS,
    words=("entitlements", "security.insecure"),
    shape=is_bake_file,
)
