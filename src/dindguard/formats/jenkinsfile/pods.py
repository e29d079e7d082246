"""Pod templates in Groovy: the kubernetes plugin's ``podTemplate`` and ``containerTemplate``.

Source: jenkinsci/kubernetes-plugin, ``PodTemplate``, ``ContainerTemplate`` and ``volumes/*``: the volumes of a template are
mounted into every one of its containers, the agent's own (``jnlp``) among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dindguard.documents.tree import Node
from dindguard.model import paths
from dindguard.model.container import Capabilities, Container, ContainerKind, Environment, EnvVar, Namespaces, Words
from dindguard.model.image import Image
from dindguard.model.mount import Medium, Mount, MountKind, Storage
from dindguard.model.values import Text, inherited, unset
from dindguard.model.workload import Platform, Replicas, Workload, WorkloadKind
from dindguard.scripts.located import option_words

_SOURCES = {
    "hostPathVolume": (MountKind.HOST, "hostPath"),
    "persistentVolumeClaim": (MountKind.CLAIM, "claimName"),
    "dynamicPVC": (MountKind.CLAIM, "claimName"),
    "configMapVolume": (MountKind.CONFIG, "configMapName"),
    "secretVolume": (MountKind.SECRET, "secretName"),
    "nfsVolume": (MountKind.OTHER, "serverPath"),
    "emptyDirVolume": (MountKind.EMPTY_DIR, ""),
}
_AGENT = "jnlp"
_AGENT_IMAGE = "jenkins/inbound-agent"


def pod(template: Node, address: str) -> tuple[Workload, Mapping[str, Container]] | None:
    """Return the pod of a template, and its containers by name; ``None`` for a template that names no container."""
    members = list(_templates(template["containers"]))
    if template["containerTemplate"].is_mapping:
        members.append(template["containerTemplate"])
    mounts = tuple(mount for item in template["volumes"].items() for mount in _mounts(item, address))
    if not members and not mounts:
        return None
    containers = [_container(member, template, mounts, address) for member in members]
    if all(container.name != _AGENT for container in containers):
        containers.append(_agent(template, mounts, address))
    name = _text(template["label"]) or _text(template["name"])
    workload = Workload(
        name=str(name) if name is not None else "",
        address=address,
        kind=WorkloadKind.POD,
        platform=Platform.KUBERNETES,
        span=template.key_span,
        containers=tuple(containers),
        storages=tuple(mount.storage for mount in mounts if mount.storage is not None),
        shared_network=True,
        replicas=runs(template),
    )
    return workload, {container.name: container for container in containers}


def runs(template: Node) -> Replicas:
    """Return how many of a template's pods there are: one for each build, which run at once unless the pipeline says not to."""
    alone = "disableConcurrentBuilds" in template.source.text
    return Replicas(1, template.key_span, per_run=not alone)


def _templates(containers: Node) -> Iterator[Node]:
    """Yield the templates of a list: calls of ``containerTemplate``, or bare maps."""
    for item in containers.items():
        if item["containerTemplate"].is_mapping:
            yield item["containerTemplate"]
        elif item.is_mapping and "image" in item:
            yield item


def _container(member: Node, template: Node, mounts: tuple[Mount, ...], address: str) -> Container:
    name = str(_text(member["name"]) or "")
    image = _text(member["image"])
    privileged = member["privileged"]
    return Container(
        name=name,
        address=f"{address}.containers.{name}",
        kind=ContainerKind.POD_MEMBER,
        span=member["name"].span if member["name"].is_scalar else member.span,
        image=Image.parse(image) if image is not None else None,
        privileged=privileged.flag("privileged") if privileged.present else unset(member.span, "privileged"),
        capabilities=Capabilities(),
        namespaces=_namespaces(template),
        mounts=mounts,
        environment=Environment(_variables(member["envVars"])),
        entrypoint=_words(member["command"]),
        command=_words(member["args"]),
        user=_text(member["runAsUser"]) or _text(template["runAsUser"]),
    )


def _agent(template: Node, mounts: tuple[Mount, ...], address: str) -> Container:
    """Return the container that the plugin adds to every pod, and whose mounts are the template's."""
    span = template.key_span
    return Container(
        name=_AGENT,
        address=f"{address}.containers.{_AGENT}",
        kind=ContainerKind.POD_MEMBER,
        span=span,
        image=Image.parse(inherited(_AGENT_IMAGE, span)),
        namespaces=_namespaces(template),
        mounts=mounts,
        user=_text(template["runAsUser"]),
    )


def _namespaces(template: Node) -> Namespaces:
    network = template["hostNetwork"]
    shared = network.present and network.flag("hostNetwork").on
    return Namespaces(network=Text("host", network.span) if shared else None)


def _variables(items: Node) -> Iterator[EnvVar]:
    for item in items.items():
        call = next((item[name] for name in ("envVar", "containerEnvVar") if item[name].is_mapping), item)
        name, value = call["key"], call["value"]
        if name.is_scalar and value.is_scalar:
            yield EnvVar(name.text, value.value, name.span)


def _words(node: Node) -> Words | None:
    words = option_words(node) if node.is_scalar else ()
    return Words(words, node.span) if words else None


def _text(node: Node) -> Text | None:
    return node.value if node.is_scalar and not node.is_null and node.content else None


def _mounts(item: Node, address: str) -> Iterator[Mount]:
    for key, volume in item.pairs():
        if key.content not in _SOURCES or not volume["mountPath"].is_scalar:
            continue
        kind, name = _SOURCES[key.content]
        source = _text(volume[name]) if name else None
        target = volume["mountPath"].value
        label = source.pattern if source is not None else target.pattern
        read_only = volume["readOnly"]
        yield Mount(
            kind=kind,
            source=source,
            target=target,
            span=source.span if source is not None else target.span,
            read_only=read_only.flag("read_only") if read_only.present else unset(target.span, "read_only"),
            storage=Storage(
                identity=f"{kind}:{volume.source.path}:{address}:{paths.normalise(label) if kind is MountKind.HOST else label}",
                name=label,
                kind=kind,
                span=volume.span,
                medium=_medium(kind, volume),
                per_replica=kind is MountKind.EMPTY_DIR,
            ),
        )


def _medium(kind: MountKind, volume: Node) -> Medium:
    if kind is MountKind.OTHER:
        return Medium.NETWORK
    return Medium.MEMORY if volume["memory"].flag("memory").on else Medium.DISK
