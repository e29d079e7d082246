"""kind, and Cluster API's provider for Docker: clusters whose nodes are containers, with what they mount of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow
from dindguard.vocabulary import CREATES_CLUSTER

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source


def is_cluster(source: Source, node: Node) -> bool:  # noqa: ARG001 - the signature of shapes
    """Whether a document is a cluster of kind's own API, or machines of Cluster API's provider for Docker."""
    api, kind = node["apiVersion"].content, node["kind"].content
    return (kind == "Cluster" and api.startswith("kind.x-k8s.io/")) or (
        kind.startswith(("DockerMachine", "DevMachine")) and api.startswith("infrastructure.cluster.x-k8s.io/")
    )


FORMAT = FormatRow(
    name="kind",
    title="kind clusters",
    syntaxes=("yaml", "json"),
    keys=("nodes",),
    within=("extraMounts",),
    evidence=Evidence.DECLARED,
    words=(
        "extramounts",
        "kind-action",
        "setup-kind",
        ("create cluster", rf"\bkind{CREATES_CLUSTER}"),
    ),
    shape=is_cluster,
)
