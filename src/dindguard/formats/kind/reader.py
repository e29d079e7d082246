"""Reads kind's clusters: every node is a container, privileged by design; what it mounts is what somebody chose.

Source: kubernetes-sigs/kind, ``pkg/apis/config/v1alpha4`` (extraMounts, extraPortMappings).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.model.container import Container, ContainerKind, Port
from dindguard.model.image import Image
from dindguard.model.mount import Mount
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.scripts.engine_cli.mounts import Volumes


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every cluster of a scan."""
    del context  # a cluster stands by itself
    return Reading([_cluster(document.content) for document in documents if document.content["nodes"].items()])


def _cluster(root: Node) -> Workload:
    address = "cluster"
    volumes = Volumes(f"{root.source.path}:{root.start}:{address}")
    nodes = [node for node in root["nodes"].items() if node.is_mapping]
    containers = tuple(_node(node, index, volumes) for index, node in enumerate(nodes))
    name = root["name"]
    return Workload(
        name=name.text if name.is_scalar else "kind",
        address=address,
        kind=WorkloadKind.PROJECT,
        platform=Platform.ENGINE,
        span=root["nodes"].key_span,
        containers=containers,
        storages=volumes.storages,
    )


def _node(node: Node, index: int, volumes: Volumes) -> Container:
    role = node["role"].text or "node"
    address = f"nodes.{role}-{index}"
    image = node["image"]
    return Container(
        name=f"{role} {index + 1}",
        address=address,
        kind=ContainerKind.CLUSTER_NODE,
        span=node["role"].span if node["role"].is_scalar else node.span,
        image=Image.parse(image.value) if image.is_scalar and image.content else None,
        mounts=tuple(_mounts(node, volumes, address)),
        ports=tuple(_ports(node)),
    )


def _mounts(node: Node, volumes: Volumes, address: str) -> Iterator[Mount]:
    for item in node["extraMounts"].items():
        host, inside = item["hostPath"], item["containerPath"]
        if host.is_scalar and inside.is_scalar:
            fields = {"source": host.value, "target": inside.value}
            if item["readOnly"].is_scalar:
                fields["readonly"] = item["readOnly"].value
            mount = volumes.fields("bind", fields, host.span, address)
            if mount is not None:
                yield mount


def _ports(node: Node) -> Iterator[Port]:
    for item in node["extraPortMappings"].items():
        address = item["listenAddress"]
        yield Port(
            container_port=item["containerPort"].integer,
            host_port=item["hostPort"].integer,
            host_address=address.text if address.is_scalar and address.text != "0.0.0.0" else "",  # noqa: S104 - read
            span=item["containerPort"].span,
        )
