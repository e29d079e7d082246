"""Reads kind's clusters: every node is a container, privileged by design; what it mounts is what somebody chose.

Sources: kubernetes-sigs/kind, ``pkg/apis/config/v1alpha4`` (extraMounts, extraPortMappings); kubernetes-sigs/cluster-api,
``test/infrastructure/docker/api/v1beta2`` (customImage and extraMounts of DockerMachine and DevMachine,
their templates and pools).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.model.container import Container, ContainerKind, Port
from dindguard.model.image import Image
from dindguard.model.mount import Mount
from dindguard.model.workload import Platform, Workload, WorkloadKind, alone
from dindguard.scripts.engine_cli.mounts import Volumes


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every cluster of a scan, and every machine of Cluster API's provider for Docker."""
    del context  # a cluster stands by itself
    roots = [document.content for document in documents]
    return Reading([_machine(root) if root["spec"].present else _cluster(root) for root in roots if _describes(root)])


def _describes(root: Node) -> bool:
    return bool(root["nodes"].items()) or root["spec"].is_mapping


def _machine(root: Node) -> Workload:
    """Return a machine: its settings lie in ``spec``, below ``template`` and ``backend.docker`` if there are such."""
    settings = root["spec"]
    for key in ("template", "spec", "backend", "docker"):
        settings = settings[key] if settings[key].is_mapping else settings
    name = root["metadata"]["name"]
    address = f"{root['kind'].content}/{name.text or 'unnamed'}"
    volumes = Volumes(f"{root.source.path}:{root.start}:{address}")
    image = settings["customImage"]
    container = Container(
        name=name.text or root["kind"].content,
        address=f"{address}.node",
        kind=ContainerKind.CLUSTER_NODE,
        span=name.span if name.is_scalar else settings.span,
        image=Image.parse(image.value) if image.is_scalar and image.content else None,
        mounts=tuple(_mounts(settings, volumes, address)),
    )
    return alone(container, WorkloadKind.PROJECT, Platform.ENGINE, storages=volumes.storages)


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
