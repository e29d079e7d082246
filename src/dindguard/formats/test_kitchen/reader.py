"""Reads Test Kitchen's files: what each platform is tested in, with what the driver gives to all, and suites with more.

Source: the README files of kitchen-docker and kitchen-dokken. A platform's settings come before those of all platforms, a
suite's before a platform's; ``kitchen.local.yml`` and the like come on top of ``kitchen.yml`` and are judged by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats import Addresses, Context, Document, Reading
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.values import Text, inherited
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.scripts.commands import split_words
from dindguard.scripts.engine_cli.flags import ACTIONS
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.words import Option, options_of
from dindguard.scripts.located import option_words

_DRIVERS = ("docker", "docker_cli", "docker_ssh", "dokken", "podman")
_OPTIONS = {
    "privileged": "privileged", "cap_add": "cap-add", "cap_drop": "cap-drop", "security_opt": "security-opt",
    "volume": "volume", "volumes": "volume", "binds": "volume", "mount": "mount", "tmpfs": "tmpfs", "device": "device",
    "devices": "device", "network": "network", "network_mode": "network", "forward": "publish", "publish": "publish",
    "hostname": "hostname", "memory": "memory", "runtime": "runtime",
}  # fmt: skip
_TELLING = ("privileged", "run_options", "cap_add", "security_opt", "volumes", "volume", "binds", "pid_one_command")
"""Settings that drivers of containers have and others lack."""
_OF_THE_HOST = {"userns_host": "userns", "cgroupns_host": "cgroupns"}
"""Switches of kitchen-dokken that join a namespace of the host's."""


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every file of Test Kitchen."""
    del context  # a file is judged by itself
    reading = Reading()
    for document in documents:
        workload = _workload(document.content)
        if workload is not None:
            reading.workloads.append(workload)
    return reading


def _workload(root: Node) -> Workload | None:
    volumes = Volumes(f"{root.source.path}:kitchen")
    addresses = Addresses()
    shared = [*_drivers(root)]
    containers = [
        _container(part, settings, volumes, addresses.unique(f"{kind}.{_name(part)}" if _name(part) else kind))
        for kind, part in _machines(root)
        if _makes_containers(settings := [*shared, *(_drivers(part) if part is not root else ())])
    ]
    if not containers:
        return None
    made = inherited("Test Kitchen", containers[0].span)
    return Workload(
        name="kitchen",
        address="platforms",
        kind=WorkloadKind.PROJECT,
        platform=Platform.ENGINE,
        span=made.span,
        containers=tuple(containers),
        storages=volumes.storages,
        for_tests=made,
    )


def _machines(root: Node) -> Iterator[tuple[str, Node]]:
    """Yield what machines are made of: each platform, each suite with a driver of its own, or the settings of all."""
    platforms = [item for item in root["platforms"].items() if item.is_mapping]
    yield from (("platforms", item) for item in platforms)
    suites = [item for item in root["suites"].items() if item.is_mapping and [*_drivers(item)]]
    yield from (("suites", item) for item in suites)
    if not platforms and not suites:
        yield "platforms", root


def _drivers(part: Node) -> Iterator[Node]:
    yield from (part[key] for key in ("driver", "driver_config") if part[key].is_mapping)


def _makes_containers(settings: Sequence[Node]) -> bool:
    """Whether the driver is one of containers; where another file names it, what is set tells."""
    name = next((each["name"].text for each in reversed(settings) if each["name"].is_scalar), "")
    return name in _DRIVERS or (not name and any(key in each for each in settings for key in _TELLING))


def _container(part: Node, settings: Sequence[Node], volumes: Volumes, address: str) -> Container:
    options = [option for each in settings for option in _options(each)]
    given: dict[str, Any] = attributes(options, volumes, address)
    place = part["name"] if part["name"].is_scalar else settings[0]
    return Container(
        name=_name(part),
        address=address,
        kind=ContainerKind.MANAGED,
        span=place.span,
        image=Image.parse(image) if (image := _nearest(settings, "image")) is not None else None,
        command=_command(settings, place),
        **{**given, "environment": Environment(_variables(settings))},
    )


def _nearest(settings: Sequence[Node], *keys: str) -> Text | None:
    return next(
        (text for each in reversed(settings) for key in keys if (text := written(each[key])) is not None), None
    )


def _command(settings: Sequence[Node], place: Node) -> Words:
    """Return what keeps a machine running: an init system where one is named, else a server or a shell that waits."""
    command = _nearest(settings, "run_command", "pid_one_command")
    if command is not None:
        return Words(split_words(command), command.span)
    return Words(tuple(inherited(word, place.span) for word in ("/usr/sbin/sshd", "-D")), place.span)


def _options(driver: Node) -> Iterator[Option]:
    for key, option in _OPTIONS.items():
        for item in driver[key].listed():
            if item.is_scalar and not item.is_null:
                yield Option(option, item.value, item.span)
    for key, option in _OF_THE_HOST.items():
        if driver[key].flag(key).on:
            yield Option(option, Text("host", driver[key].span), driver[key].span)
    given = driver["run_options"]
    for item in given.listed():
        yield from options_of(option_words(item), ACTIONS["create"])[0]
    for name, value in given.pairs():
        for item in value.listed():
            yield Option(name.content.replace("_", "-"), item.value, item.span)


def _variables(settings: Sequence[Node]) -> Iterator[EnvVar]:
    for each in settings:
        for key, value in each["env"].pairs():
            if value.is_scalar:
                yield EnvVar(key.content, value.value, key.span)
        for item in each["env"].items():
            text = item.value
            name, equals, _ = text.pattern.partition("=")
            if equals:
                yield EnvVar(name, text.part(len(name) + 1, len(text.pattern)), text.span)


def _name(part: Node) -> str:
    return part["name"].text if part["name"].is_scalar else ""
