"""Reads pipelines: one workload each; steps and services are containers on one network, found by their names.

Sources: drone/drone-yaml and drone-runners/drone-runner-docker (volumes by name, ``temp`` like an emptyDir);
woodpecker-ci/woodpecker, ``pipeline/frontend/yaml`` (volumes in short syntax, steps and services as mappings or lists).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dindguard.documents.alternatives import Choice, label
from dindguard.documents.joined import joined_scripts
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.drone.plugins import by_its_image, is_docker_runners
from dindguard.formats.drone.values import Filled, choices, common, values_of
from dindguard.model.container import Container, ContainerKind, Device, Environment, EnvVar, Namespaces, Words
from dindguard.model.image import Image
from dindguard.model.mount import Mount
from dindguard.model.values import Text
from dindguard.model.workload import Platform, Replicas, Workload, WorkloadKind
from dindguard.patterns import regex
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.source import Embedded

_NOTHING = regex(r"(?!)")
Member = tuple[Node, Node, ContainerKind]


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every pipeline of a scan."""
    del context  # a pipeline stands by itself
    reading = Reading()
    for document in documents:
        _read(document.content, reading)
    return reading


def _read(root: Node, reading: Reading) -> None:
    """Read a pipeline; where a matrix gives its images several values, once for each. The scripts are the first one's."""
    members = (
        *_members(root["services"], ContainerKind.JOB_SERVICE),
        *_members(root["steps"] if "steps" in root else root["pipeline"], ContainerKind.STEP),
    )
    given = values_of(root["matrix"])
    first, *others = choices(given, (member["image"] for _, member, _ in members), root) or [Choice()]
    workload = _workload(root, members, Filled({**common(given), **first}), "")
    reading.workloads.append(workload)
    for (_, member, _), container in zip(members, workload.containers, strict=True):
        scripts = joined_scripts(member["commands"].listed(), "shell", _NOTHING, lambda *_: None)
        reading.embedded += [Embedded(script, container) for script in scripts]
    for choice in others:
        again = _workload(root, members, Filled({**common(given), **choice}), f"[{label(choice)}]")
        reading.workloads.append(again)


def _workload(root: Node, members: Sequence[Member], scope: Filled, which: str) -> Workload:
    name = root["name"].text
    address = (f"pipelines.{name}" if name else "pipeline") + which
    volumes = Volumes(f"{root.source.path}:{root.start}:{address}")
    named = {item["name"].text: item.scoped(scope) for item in root["volumes"].items() if item.is_mapping}
    containers = tuple(
        _container(key, member.scoped(scope), kind, address, volumes, named) for key, member, kind in members
    )
    if is_docker_runners(root):
        starts = [member.scoped(scope) for _, member, _ in members]
        containers = tuple(map(by_its_image, containers, starts))
    return Workload(
        name=name,
        address=address,
        kind=WorkloadKind.JOB,
        platform=Platform.DRONE,
        span=root["steps"].key_span if "steps" in root else root.span,
        containers=containers,
        storages=volumes.storages,
        shared_network=root["type"].content == "kubernetes",
        replicas=_runs(root),
    )


def _runs(root: Node) -> Replicas | None:
    """Return how many runs there are at once: Drone's runners take two by default, Woodpecker's agents one."""
    limited = root["concurrency"]["limit"].present
    return Replicas(1, root["kind"].span, per_run=not limited) if root["kind"].content == "pipeline" else None


def _members(node: Node, kind: ContainerKind) -> Iterator[Member]:
    """Yield name, body and kind of steps or services, which are a list or a mapping."""
    if node.is_mapping:
        yield from ((key, value, kind) for key, value in node.pairs() if value.is_mapping and "image" in value)
    for item in node.items():
        if item.is_mapping and "image" in item:
            yield item["name"], item, kind


def _container(
    key: Node, member: Node, kind: ContainerKind, address: str, volumes: Volumes, named: dict[str, Node]
) -> Container:
    name = key.content
    own = f"{address}.{name}"
    image = member["image"]
    settings: dict[str, Any] = {}
    if member["privileged"].present:
        settings["privileged"] = member["privileged"].flag("privileged")
    network = member["network_mode"]
    if network.is_scalar and not network.is_null:
        settings["namespaces"] = Namespaces(network=network.value)
    commands = member["commands"]
    return Container(
        name=name,
        address=own,
        kind=kind,
        span=key.span if key.present else image.span,
        image=Image.parse(image.value) if image.is_scalar and image.content else None,
        mounts=tuple(_mounts(member, volumes, own, named)),
        devices=tuple(_devices(member)),
        environment=Environment(_variables(member)),
        entrypoint=_shell(commands) if commands.listed() else _words(member["entrypoint"]),
        command=None if commands.listed() else _words(member["command"]),
        **settings,
    )


def _shell(commands: Node) -> Words:
    """Commands take the place of the image's entry point: a shell runs them."""
    span = commands.key_span
    return Words(tuple(Text(word, span) for word in ("/bin/sh", "-c", "set -e")), span)


def _words(node: Node) -> Words | None:
    words = tuple(item.value for item in node.listed() if item.is_scalar)
    return Words(words, node.span) if words else None


def _mounts(member: Node, volumes: Volumes, owner: str, named: dict[str, Node]) -> Iterator[Mount]:
    for item in member["volumes"].listed():
        if item.is_scalar:
            yield volumes.volume(item.value, owner)
        elif item.is_mapping and item["path"].is_scalar:
            mount = _named_mount(item, volumes, owner, named.get(item["name"].text))
            if mount is not None:
                yield mount


def _named_mount(item: Node, volumes: Volumes, owner: str, volume: Node | None) -> Mount | None:
    """Return the mount of a volume that the pipeline declares: a path of the host, or a folder of the run's own."""
    target = item["path"].value
    host = volume["host"]["path"] if volume is not None else item.hole("host")
    if host.is_scalar:
        return volumes.fields("bind", {"source": host.value, "target": target}, host.span, owner)
    return volumes.fields("volume", {"source": item["name"].value, "target": target}, item["name"].span, owner)


def _devices(member: Node) -> Iterator[Device]:
    for item in member["devices"].listed():
        if item.is_scalar:
            path = item.value
            yield Device(path.part(0, len(path.pattern.partition(":")[0])), path.span)


def _variables(member: Node) -> Iterator[EnvVar]:
    environment = member["environment"]
    for key, value in environment.pairs():
        if value.is_scalar:
            yield EnvVar(key.content, value.value, key.span)
    for item in environment.items():
        name, equals, _ = item.text.partition("=")
        if equals:
            yield EnvVar(name, item.value.part(len(name) + 1, len(item.text)), item.span)
