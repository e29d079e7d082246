"""Persistent volume claims, and what the files tell about the volumes behind them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.resources import Resource, nearest
from dindguard.formats.kubernetes.values import meaning, present
from dindguard.model.mount import Medium, MountKind, Storage
from dindguard.model.values import Text
from dindguard.source import Span

NETWORK_VOLUMES = {
    "nfs": "nfs", "cephfs": "cephfs", "glusterfs": "glusterfs", "azureFile": "cifs", "quobyte": "quobyte",
}  # fmt: skip
_NETWORK_DRIVERS = {
    "efs": "nfs", "nfs": "nfs", "filestore": "nfs", "cephfs": "cephfs", "smb": "cifs", "azurefile": "cifs",
    "azure-file": "cifs", "file.csi.azure.com": "cifs", "glusterfs": "glusterfs", "lustre": "lustre",
    "beegfs": "beegfs", "juicefs": "juicefs", "weka": "wekafs", "sshfs": "sshfs", "s3": "s3",
}  # fmt: skip
"""Words in the names of CSI drivers and provisioners that serve a network file system, and which one."""


def claim_storage(claim: Text, resource: Resource, cluster: Cluster) -> Storage:
    """Return the storage of a claim that is used by name; the same object for the same claim."""
    name = str(claim)
    identity = f"kubernetes:{resource.scope}:pvc:{name}"
    storage = cluster.claims.get(identity)
    first = storage is None
    if storage is None:
        found = cluster.find("PersistentVolumeClaim", name, resource)
        if found is None:
            storage = Storage(
                identity=identity,
                name=name,
                kind=MountKind.CLAIM,
                span=claim.span,
                medium=Medium.UNKNOWN,
                external=True,
            )
        else:
            node = found.node
            storage = _storage(identity, name, node["spec"], found.span, found, cluster)
        cluster.claims[identity] = storage
    cluster.note(partial(_is_storage_of, identity=identity, storage=storage, first=first), True)
    return storage


def _is_storage_of(cluster: Cluster, *, identity: str, storage: Storage, first: bool) -> bool:
    """Whether a claim has the storage that was made of it; it is made of what the ``first`` user says."""
    if first:
        cluster.claims.setdefault(identity, storage)
    return cluster.claims.get(identity) is storage


def template_storage(
    identity: str, name: str, spec: Node, span: Span, resource: Resource, cluster: Cluster
) -> Storage:
    """Return the storage of a claim template: each replica has its own."""
    whole = f"kubernetes:{resource.scope}:{identity}"
    return _storage(whole, name, spec, span, resource, cluster, per_replica=True)


def _storage(
    identity: str, name: str, spec: Node, span: Span, resource: Resource, cluster: Cluster, per_replica: bool = False
) -> Storage:
    volume = None if per_replica else _volume_of(spec, name, resource, cluster)
    backing = volume.node["spec"] if volume is not None else None
    medium, file_system = Medium.UNKNOWN, None
    host_path = None
    if backing is not None:
        medium, file_system = _medium_of(backing)
        host_path = written(backing["hostPath"]["path"]) or written(backing["local"]["path"])
    if medium is Medium.UNKNOWN:
        medium, file_system = _medium_of_class(spec["storageClassName"], resource, cluster)
    modes = present(*(written(item) for item in spec["accessModes"].listed()))
    if not modes and backing is not None:
        modes = present(*(written(item) for item in backing["accessModes"].listed()))
    return Storage(
        identity=identity,
        name=name,
        kind=MountKind.CLAIM,
        span=span,
        medium=medium,
        file_system=file_system,
        size_limit=written(spec["resources"]["requests"]["storage"]),
        per_replica=per_replica,
        host_path=host_path,
        access_modes=modes,
    )


def _volume_of(spec: Node, name: str, resource: Resource, cluster: Cluster) -> Resource | None:
    """Return the persistent volume that a claim is bound to, where the files tell."""
    named = spec["volumeName"].content
    if named:
        return cluster.find_global("PersistentVolume", named, resource)
    candidates = [
        volume
        for volume in cluster.of_kind("PersistentVolume")
        if volume.overlay == resource.overlay and (volume.near(resource) or resource.overlay is not None)
    ]
    bound = [volume for volume in candidates if _claims(volume, name, resource)]
    if bound:
        return nearest(bound, resource)
    wanted = spec["storageClassName"]
    free = [volume for volume in candidates if not volume.node["spec"]["claimRef"].present]
    if not wanted.is_scalar:
        return None  # a dynamic volume of the cluster's default class
    return nearest(
        (volume for volume in free if volume.node["spec"]["storageClassName"].content == wanted.content), resource
    )  # fmt: skip


def _claims(volume: Resource, name: str, claim: Resource) -> bool:
    reference = volume.node["spec"]["claimRef"]
    return reference["name"].content == name and reference["namespace"].content in ("", claim.namespace)


def _medium_of(spec: Node) -> tuple[Medium, Text | None]:
    for key, value in spec.pairs():
        if key.content in NETWORK_VOLUMES:
            return Medium.NETWORK, meaning(key, NETWORK_VOLUMES[key.content])
        if key.content == "csi":
            return _medium_of_driver(value["driver"], written(value["fsType"]))
        if key.content in ("hostPath", "local"):
            return Medium.DISK, written(value["fsType"])
    return Medium.UNKNOWN, None


def _medium_of_class(name: Node, resource: Resource, cluster: Cluster) -> tuple[Medium, Text | None]:
    if not written(name):
        return Medium.UNKNOWN, None
    found = cluster.find_global("StorageClass", name.content, resource)
    if found is None:
        return _medium_of_driver(name, None)
    file_system = found.node["parameters"]["csi.storage.k8s.io/fstype"]
    return _medium_of_driver(
        found.node["provisioner"], written(file_system) or written(found.node["parameters"]["fsType"])
    )


def _medium_of_driver(driver: Node, file_system: Text | None) -> tuple[Medium, Text | None]:
    for word in _words(driver.content):
        if word in _NETWORK_DRIVERS:
            return Medium.NETWORK, meaning(driver, _NETWORK_DRIVERS[word])
    return Medium.UNKNOWN, file_system


def _words(name: str) -> Iterator[str]:
    lowered = name.lower()
    yield lowered
    for part in lowered.replace("/", ".").split("."):
        yield part
        yield from part.split("-")
