"""A pod's volumes, and the mounts that join containers to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.claims import NETWORK_VOLUMES, claim_storage, template_storage
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.environment import Variables
from dindguard.formats.kubernetes.resources import Resource
from dindguard.formats.kubernetes.values import boolean, meaning
from dindguard.model.condition import Condition, exclude_each_other
from dindguard.model.mount import Medium, Mount, MountKind, Storage
from dindguard.model.values import Flag, Text
from dindguard.records import field, record, replace
from dindguard.source import Span

_PROPAGATION = {"Bidirectional": "rshared", "HostToContainer": "rslave", "None": "private"}


@record
class Volume:
    """One volume of a pod: what stands behind it, and where that is written."""

    kind: MountKind
    source: Text | None
    storage: Storage
    declared: Span
    read_only: Flag | None = None
    type_hint: Text | None = None
    objects: tuple[tuple[str, str], ...] = ()
    """Kind and name of the ConfigMaps and Secrets whose keys are its files."""
    files: dict[str, str] = field(default_factory=dict)
    """The file of each key, where only some keys are taken (``items``)."""
    conditions: tuple[Condition, ...] = ()
    others: tuple[Volume, ...] = ()
    """What other branches of a template write under the same name."""


@record
class _Place:
    """What a reader of a volume's source needs to know."""

    address: str
    resource: Resource
    cluster: Cluster


def volumes(spec: Node, claims: Node, address: str, resource: Resource, cluster: Cluster) -> dict[str, Volume]:
    """Return the volumes of a pod by name; ``claims`` are a StatefulSet's ``volumeClaimTemplates``."""
    place = _Place(address, resource, cluster)
    found: dict[str, Volume] = {}
    for item in spec["volumes"]:
        name = _called(item["name"])
        if item.is_mapping and name:
            found[name] = _beside(found.get(name), replace(_volume(item, name, place), conditions=item.conditions))
    for item in claims:
        name = item["metadata"]["name"].content
        if name:
            node = item["metadata"]["name"]
            storage = template_storage(f"{place.address}:{name}", name, item["spec"], node.span, resource, cluster)
            found[name] = Volume(MountKind.CLAIM, node.value, storage, node.span)
    return found


def _beside(first: Volume | None, volume: Volume) -> Volume:
    """Return a volume of a name, with those that other branches of a template give it: what is there by default comes first."""
    if first is None or not exclude_each_other(first.conditions, volume.conditions):
        return volume
    known = (first, *first.others)
    if any(each.storage.identity == volume.storage.identity for each in known):
        own = replace(volume.storage, identity=f"{volume.storage.identity}~{len(known)}")
        volume = replace(volume, storage=own)
    ordered = sorted((*known, volume), key=lambda each: any(one.holds is False for one in each.conditions))
    return replace(ordered[0], others=tuple(replace(each, others=()) for each in ordered[1:]))


def _called(name: Node) -> str:
    """Return what a volume is called: in each round of a template's loop by the same characters, and not the same."""
    return name.text or name.content


def _volume(item: Node, name: str, place: _Place) -> Volume:
    for key, value in item.pairs():
        reader = _READERS.get(key.content)
        if reader is not None:
            return reader(value, name, place)
    for key, value in item.pairs():
        if key.content != "name":
            return _other(value, name, place)
    return _empty_dir(item["emptyDir"], name, place)


def _identity(name: str, place: _Place, kind: MountKind) -> str:
    """Return what tells a volume apart; an empty directory is its pod's own, and each file has pods of its own."""
    owner = f"{place.resource.source.path}:" if kind is MountKind.EMPTY_DIR else ""
    return f"kubernetes:{owner}{place.resource.scope}:{place.address}:{name}"


def _simple(
    kind: MountKind, node: Node, name: str, place: _Place, *, source: Text | None = None, **more: object
) -> Volume:
    span = source.span if source is not None else node.key_span
    storage = Storage(identity=_identity(name, place, kind), name=name, kind=kind, span=span, **more)  # type: ignore[arg-type]  # fields of Storage
    return Volume(kind, source or Text(name, span), storage, span)


def _host_path(node: Node, name: str, place: _Place) -> Volume:
    path = written(node["path"]) or (written(node) if node.is_scalar else None)
    volume = _simple(MountKind.HOST, node, name, place, source=path, host_path=path)
    hint = written(node["type"])
    return replace(volume, source=path, type_hint=hint if hint is not None and hint.value else None)


def _empty_dir(node: Node, name: str, place: _Place) -> Volume:
    medium = node["medium"].content
    in_memory = medium == "Memory" or medium.startswith("HugePages")
    return _simple(
        MountKind.EMPTY_DIR, node, name, place, per_replica=True, size_limit=written(node["sizeLimit"]),
        medium=Medium.MEMORY if in_memory else Medium.DISK,
    )  # fmt: skip


def _claim(node: Node, name: str, place: _Place) -> Volume:
    claim = written(node["claimName"])
    if claim is None:
        return _simple(MountKind.CLAIM, node, name, place, external=True)
    storage = claim_storage(claim, place.resource, place.cluster)
    read_only = boolean(node["readOnly"], "readOnly")
    return Volume(MountKind.CLAIM, claim, storage, claim.span, read_only if read_only.set else None)


def _ephemeral(node: Node, name: str, place: _Place) -> Volume:
    template = node["volumeClaimTemplate"]["spec"]
    storage = template_storage(
        f"{place.address}:{name}", name, template, node.key_span, place.resource, place.cluster
    )  # fmt: skip
    return Volume(MountKind.CLAIM, Text(name, node.key_span), storage, node.key_span)


def _objects(kind: MountKind, *references: tuple[str, str]) -> Callable[[Node, str, _Place], Volume]:
    def read(node: Node, name: str, place: _Place) -> Volume:
        found = [(what, written(node[key])) for what, key in references]
        source = next((text for _, text in found if text is not None), None)
        volume = _simple(kind, node, name, place, source=source, per_replica=True)
        objects = tuple((what, str(text)) for what, text in found if text is not None)
        return replace(volume, objects=objects, files=_files(node["items"]))

    return read


def _projected(node: Node, name: str, place: _Place) -> Volume:
    objects: list[tuple[str, str]] = []
    files: dict[str, str] = {}
    secret = False
    for item in node["sources"]:
        objects.extend(
            (what, item[key]["name"].content)
            for what, key in (("ConfigMap", "configMap"), ("Secret", "secret"))
            if item[key].is_mapping
        )
        for key in ("configMap", "secret"):
            files.update(_files(item[key]["items"]))
        secret = secret or any(item[key].present for key in ("secret", "serviceAccountToken", "clusterTrustBundle"))
    volume = _simple(MountKind.SECRET if secret else MountKind.CONFIG, node, name, place, per_replica=True)
    return replace(volume, objects=tuple(objects), files=files)


def _files(items: Node) -> dict[str, str]:
    return {item["key"].content: item["path"].content for item in items if item["key"].is_scalar}


def _image(node: Node, name: str, place: _Place) -> Volume:
    return _simple(MountKind.IMAGE, node, name, place, source=written(node["reference"]), per_replica=True)


def _other(node: Node, name: str, place: _Place) -> Volume:
    key = node.name
    volume = _simple(MountKind.OTHER, node, name, place)
    medium = Medium.UNKNOWN
    file_system = written(node["fsType"]) or written(node["volumeAttributes"]["fsType"])
    if key in NETWORK_VOLUMES:
        medium, file_system = Medium.NETWORK, meaning(node.key or node, NETWORK_VOLUMES[key])
    storage = replace(volume.storage, medium=medium, file_system=file_system)
    return replace(volume, storage=storage)


_READERS: dict[str, Callable[[Node, str, _Place], Volume]] = {
    "hostPath": _host_path,
    "emptyDir": _empty_dir,
    "persistentVolumeClaim": _claim,
    "ephemeral": _ephemeral,
    "configMap": _objects(MountKind.CONFIG, ("ConfigMap", "name")),
    "secret": _objects(MountKind.SECRET, ("Secret", "secretName")),
    "downwardAPI": _objects(MountKind.CONFIG),
    "projected": _projected,
    "image": _image,
}


def mounts(container: Node, found: dict[str, Volume], variables: Variables) -> Iterator[Mount]:
    """Yield a container's mounts and raw block volumes."""
    for item in container["volumeMounts"]:
        target = written(item["mountPath"])
        if target is not None:
            for volume in _behind(item, found.get(_called(item["name"]))):
                yield _mount(item, target, volume, variables)
    for item in container["volumeDevices"]:
        target = written(item["devicePath"])
        if target is not None:
            yield _mount(item, target, found.get(_called(item["name"])), variables)


def _behind(item: Node, named: Volume | None) -> Sequence[Volume | None]:
    """Return the volumes that a mount's name may mean, together with what the mount itself is written under."""
    if named is None or not named.others:
        return (named,)
    together = [one for one in (named, *named.others) if not exclude_each_other(one.conditions, item.conditions)]
    return together or (named,)


def _mount(item: Node, target: Text, volume: Volume | None, variables: Variables) -> Mount:
    own = boolean(item["readOnly"], "readOnly")
    expression = item["subPathExpr"]
    sub_path = written(item["subPath"])
    if written(expression):
        sub_path = variables.expanded(expression.typed)
    propagation = item["mountPropagation"]
    common = {
        "target": target,
        "span": target.span,
        "sub_path": sub_path,
        "conditions": item.conditions,
        "propagation": meaning(propagation, _PROPAGATION[propagation.content])
        if propagation.content in _PROPAGATION
        else written(propagation),
    }
    if volume is None:
        # Declared in a base that the scan does not have, or nowhere.
        return Mount(
            kind=MountKind.OTHER, source=written(item["name"]), read_only=own, **common  # type: ignore[arg-type]
        )  # fmt: skip
    storage = volume.storage
    if volume.conditions and volume.conditions != item.conditions:
        common["conditions"] = (
            *item.conditions,
            *(each for each in volume.conditions if each not in item.conditions),
        )
    if sub_path is not None and written(expression) and variables.differs_per_pod(expression.typed):
        storage = replace(storage, identity=f"{storage.identity}/{expression.content}", per_replica=True)
    return Mount(
        kind=volume.kind,
        source=volume.source,
        read_only=own if own.set or volume.read_only is None else volume.read_only,
        storage=storage,
        declared=volume.declared,
        type_hint=volume.type_hint,
        **common,  # type: ignore[arg-type]
    )
