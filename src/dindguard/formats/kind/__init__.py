"""kind: clusters whose nodes are containers, with what they mount of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow
from dindguard.vocabulary import CREATES_CLUSTER

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source


def is_cluster(source: Source, node: Node) -> bool:  # noqa: ARG001 - the signature of shapes
    """Whether a document is a cluster of kind's own API."""
    return node["kind"].content == "Cluster" and node["apiVersion"].content.startswith("kind.x-k8s.io/")


FORMAT = FormatRow(
    name="kind",
    title="kind clusters",
    syntaxes=("yaml", "json"),
    keys=("nodes",),
    evidence=Evidence.DECLARED,
    words=(
        "extramounts",
        "kind-action",
        "setup-kind",
        ("create cluster", rf"\bkind{CREATES_CLUSTER}"),
    ),
    shape=is_cluster,
)
