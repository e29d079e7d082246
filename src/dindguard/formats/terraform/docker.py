"""Resources of the docker provider (kreuzwerker/docker): containers, and the engine that the provider commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.terraform.module import Block, bodies, items_of
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Port, Words
from dindguard.model.image import Image
from dindguard.model.mount import Mount
from dindguard.model.values import UNKNOWN_PIECE, Flag, Text
from dindguard.model.workload import Platform, Workload, WorkloadKind, alone
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.words import Option

_OPTIONS = {
    "privileged": "privileged", "user": "user", "group_add": "group-add", "runtime": "runtime", "init": "init",
    "read_only": "read-only", "network_mode": "network", "pid_mode": "pid", "ipc_mode": "ipc", "userns_mode": "userns",
    "cgroupns_mode": "cgroupns", "security_opts": "security-opt", "memory": "memory", "restart": "restart",
    "hostname": "hostname",
}  # fmt: skip


def project(blocks: list[Block], folder: str) -> Workload | None:
    """Return the containers of one module as a workload; ``None`` without any."""
    if not blocks:
        return None
    address = "docker"
    volumes = Volumes(f"{folder}:{address}")
    containers = tuple(_container(block, volumes) for block in blocks)
    return Workload(
        name=folder.rpartition("/")[2],
        address=address,
        kind=WorkloadKind.PROJECT,
        platform=Platform.ENGINE,
        span=blocks[0].body.span,
        containers=containers,
        storages=volumes.storages,
    )


def _container(block: Block, volumes: Volumes) -> Container:
    body, address = block.body, block.address
    settings: dict[str, Any] = attributes([*_options(body)], volumes, address)
    name = written(body["name"])
    image = written(body["image"])
    return Container(
        name=name.value if name is not None and name.value is not None else block.labels[-1],
        address=address,
        kind=ContainerKind.MANAGED,
        span=body["name"].span if name is not None else body.key_span,
        image=Image.parse(image) if image is not None else None,
        **{
            **settings,
            "mounts": (*settings["mounts"], *_mounts(body, volumes, address)),
            "environment": Environment(_variables(body["env"])),
            "entrypoint": _words(body["entrypoint"]),
            "command": _words(body["command"]),
            "ports": tuple(_ports(body)),
            "networks": tuple(text for each in bodies(body, "networks_advanced") if (text := written(each["name"]))),
        },
    )


def services(blocks: list[Block], folder: str) -> Workload | None:
    """Return the Swarm services of one module as a workload; ``None`` without any."""
    address = "docker.swarm"
    volumes = Volumes(f"{folder}:{address}")
    containers = tuple(
        _service(block, spec, volumes)
        for block in blocks
        for task in bodies(block.body, "task_spec")
        for spec in bodies(task, "container_spec")
    )
    if not containers:
        return None
    return Workload(
        name=folder.rpartition("/")[2],
        address=address,
        kind=WorkloadKind.PROJECT,
        platform=Platform.SWARM,
        span=blocks[0].body.span,
        containers=containers,
        storages=volumes.storages,
    )


def _service(block: Block, spec: Node, volumes: Volumes) -> Container:
    address = block.address
    settings: dict[str, Any] = attributes([*_options(spec)], volumes, address)
    name, image = written(block.body["name"]), written(spec["image"])
    return Container(
        name=name.value if name is not None and name.value is not None else block.labels[-1],
        address=address,
        kind=ContainerKind.MANAGED,
        span=block.body["name"].span if name is not None else block.body.key_span,
        image=Image.parse(image) if image is not None else None,
        **{
            **settings,
            "mounts": (*settings["mounts"], *_mounts(spec, volumes, address)),
            "environment": Environment(
                EnvVar(key.content, value.typed, value.span) for key, value in spec["env"].pairs() if value.is_scalar
            ),
            "entrypoint": _words(spec["command"]),
            "command": _words(spec["args"]),
        },
    )


def _options(body: Node) -> Iterator[Option]:
    for key, option in _OPTIONS.items():
        for value in items_of(body[key]) if key in body else ():
            yield Option(option, value, value.span)
    for block in bodies(body, "capabilities"):
        for value in items_of(block["add"]):
            yield Option("cap-add", value, value.span)
        for value in items_of(block["drop"]):
            yield Option("cap-drop", value, value.span)
    for block in bodies(body, "devices"):
        path = written(block["host_path"])
        if path is not None:
            yield Option("device", path, path.span)
    for mounted, _ in body["tmpfs"].pairs():
        yield Option("tmpfs", mounted.typed, mounted.span)


def _mounts(body: Node, volumes: Volumes, address: str) -> Iterator[Mount]:
    for block in bodies(body, "volumes"):
        host, named = written(block["host_path"]), written(block["volume_name"])
        fields = {
            "source": host or named,
            "target": written(block["container_path"]),
            "readonly": written(block["read_only"]),
        }
        yield from _mount("bind" if host is not None else "volume", fields, block, volumes, address)
    for block in bodies(body, "mounts"):
        kind = written(block["type"])
        fields = {
            "source": written(block["source"]),
            "target": written(block["target"]),
            "readonly": written(block["read_only"]),
        }
        yield from _mount("" if kind is None else kind.pattern, fields, block, volumes, address)


def _mount(
    kind: str, fields: dict[str, Text | None], block: Node, volumes: Volumes, address: str
) -> Iterator[Mount]:  # fmt: skip
    given = {name: value for name, value in fields.items() if value is not None}
    place = given.get("source") or given.get("target")
    mount = volumes.fields(kind, given, place.span if place is not None else block.span, address)
    if mount is not None:
        yield mount


def _variables(node: Node) -> Iterator[EnvVar]:
    for text in items_of(node):
        name, equals, _ = text.pattern.partition("=")
        if equals and UNKNOWN_PIECE not in name:
            yield EnvVar(name, text.part(len(name) + 1, len(text.pattern)), text.span)


def _words(node: Node) -> Words | None:
    words = items_of(node)
    return Words(words, node.span) if words else None


def _ports(body: Node) -> Iterator[Port]:
    for block in bodies(body, "ports"):
        inner, outer, address = block["internal"], block["external"], written(block["ip"])
        protocol = written(block["protocol"])
        yield Port(
            container_port=inner.integer,
            host_port=outer.integer,
            host_address="" if address is None or address.value == "0.0.0.0" else address.pattern,  # noqa: S104 - read, not bound
            span=inner.span,
            protocol="tcp" if protocol is None else protocol.pattern,
        )


def client(block: Block) -> Workload | None:
    """Return the provider as a client of the engine that its ``host`` names; ``None`` for the machine's own."""
    host = written(block.body["host"])
    if host is None or not host.pattern.startswith(("tcp:", "ssh:", "http")):
        return None
    variables = [EnvVar("DOCKER_HOST", host, block.body["host"].span)]
    certificates = next(
        (
            text
            for key in ("cert_path", "cert_material", "ca_material")
            if (text := written(block.body[key])) is not None
        ),
        None,
    )
    if certificates is not None:
        variables.append(EnvVar("DOCKER_TLS_VERIFY", Text("1", certificates.span), certificates.span))
        variables.append(EnvVar("DOCKER_CERT_PATH", certificates, certificates.span))
    container = Container(
        name="docker provider",
        address="provider.docker",
        kind=ContainerKind.SCRIPT,
        span=block.body["host"].span,
        environment=Environment(variables),
    )
    return alone(container, WorkloadKind.HOST, Platform.NONE)


def runner_default(block: Block) -> Workload | None:
    """Return what the module cattle-ops/gitlab-runner/aws gives to jobs: privileged, unless it is told not to be."""
    options = block.body["runner_worker_docker_options"]
    address = block.address
    volumes = Volumes(f"{block.body.source.path}:{address}")
    asked = options["privileged"] if options.is_mapping else block.body["runners_privileged"]
    given = items_of(options["volumes"]) if options.is_mapping else ()
    found = [Option("volume", text, text.span) for text in given]
    settings = attributes(found, volumes, address)
    settings.pop("environment")
    span = block.body["source"].span
    privileged = asked.flag("privileged") if asked.present else Flag(True, span, name="privileged")
    image = written(options["image"]) if options.is_mapping else None
    container = Container(
        name=block.labels[-1],
        address=f"{address}.job",
        kind=ContainerKind.RUNNER_DEFAULT,
        span=span,
        image=Image.parse(image) if image is not None else None,
        **{**settings, "privileged": privileged},
    )
    return Workload(
        name=block.labels[-1],
        address=address,
        kind=WorkloadKind.RUNNER,
        serves=Platform.GITLAB,
        platform=Platform.GITLAB,
        span=span,
        containers=(container,),
        storages=volumes.storages,
    )
