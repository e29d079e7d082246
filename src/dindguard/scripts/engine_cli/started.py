"""Containers and volumes that command lines start and make: ``docker run``, ``service create``, ``volume create``."""

from __future__ import annotations

from typing import Any

from dindguard.model.container import Container, ContainerKind, Environment, Port, Words
from dindguard.model.mount import Medium, MountKind, Storage
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.model.workload import Replicas
from dindguard.records import replace
from dindguard.scripts.command import spanning
from dindguard.scripts.engine_cli.calls import DockerCall
from dindguard.scripts.engine_cli.mounts import Volumes, port
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.specs import items, key_value, mount_spec
from dindguard.scripts.engine_cli.words import Option
from dindguard.source import Span
from dindguard.vocabulary import MEMORY_FILE_SYSTEMS, NETWORK_FILE_SYSTEMS, EngineProduct

STARTS = frozenset({"run", "create", "service create", "compose run"})
"""The actions that start a container, or make one to be started."""


def name_of(call: DockerCall) -> str:
    """Return the name that a call gives its container, else its image's."""
    name = call.last("name")
    if name is not None and name.value.known:
        return str(name.value)
    return call.image.name if call.image is not None else ""


def container_of(call: DockerCall, volumes: Volumes, address: str) -> Container:
    """Return the container that ``docker run``, ``docker create`` or ``docker service create`` starts."""
    options = [option for option in call.options if not _long_port(option)]
    settings: dict[str, Any] = attributes(options, volumes, address)
    settings["environment"] = Environment(settings["environment"])
    settings["ports"] += tuple(_port(option) for option in call.options if _long_port(option))
    replicas = call.last("replicas")
    if replicas is not None:
        count = int(str(replicas.value)) if str(replicas.value).isdecimal() else None
        settings["replicas"] = Replicas(count, replicas.span)
    command = call.arguments[1:]
    return Container(
        name=name_of(call),
        address=address,
        kind=ContainerKind.COMMAND,
        span=_start_of(call),
        image=None if call.action.startswith("compose") else call.image,
        command=Words(command, spanning(command)) if command else None,
        named=(given := call.last("name")) is not None and given.value.known,
        started_by=engine_address(call),
        client=call.command.program.removesuffix("-compose"),
        **settings,
    )


def engine_address(call: DockerCall) -> Text | None:
    """Return the address of the engine that a call names: ``-H``, or ``DOCKER_HOST`` in its environment."""
    host = call.last_global("host") or call.last_global("url")
    if host is not None:
        return host.value
    return call.command.environment.get("CONTAINER_HOST" if call.engine is EngineProduct.PODMAN else "DOCKER_HOST")


def declare_volume(call: DockerCall, volumes: Volumes) -> None:
    """Take note of ``docker volume create``: what stands behind the volume of that name."""
    name = call.arguments[0] if call.arguments else (named.value if (named := call.last("name")) else None)
    if name is None or name.unknown:
        return
    given = {key.pattern: value for option in call.all("opt") for key, value in [key_value(option.value)] if value}
    bind = any(each.value in ("bind", "rbind") for each in items(given["o"])) if "o" in given else False
    file_system = given.get("type")
    kind = file_system.pattern if file_system is not None else ""
    medium = (
        Medium.MEMORY
        if kind in MEMORY_FILE_SYSTEMS
        else Medium.NETWORK
        if kind in NETWORK_FILE_SYSTEMS
        else Medium.DISK
    )
    volumes.declare(
        Storage(
            identity=volumes.identity(MountKind.VOLUME, str(name)),
            name=str(name),
            kind=MountKind.VOLUME,
            span=name.span,
            medium=medium,
            file_system=file_system if kind not in ("", "none") else None,
            host_path=given.get("device") if bind else None,
        )
    )


def _start_of(call: DockerCall) -> Span:
    """Return the span of ``docker … run``, up to the action."""
    words = call.command.words
    last = call.action.rpartition(" ")[2]
    end = next((index for index, word in enumerate(words) if word.value == last), 0)
    return spanning(words[: end + 1])


def _long_port(option: Option) -> bool:
    return option.name == "publish" and "=" in option.value.pattern


def _port(option: Option) -> Port:
    """Read ``published=…,target=…,protocol=…`` of ``docker service create``."""
    fields = mount_spec(option.value).fields
    published, target = fields.get("published"), fields.get("target")
    known = "" if published is None else f"{published.pattern}:"
    short = f"{known}{target.pattern if target is not None else UNKNOWN_PIECE}"
    found = port(Text(short, option.span))
    protocol = fields.get("protocol")
    return replace(found, protocol=str(protocol)) if protocol is not None else found
