"""Reads apps of Home Assistant: each is one container, which the Supervisor starts in the machine's Docker engine.

Source: home-assistant/supervisor, ``docker/app.py`` and ``apps/validate.py``. Docker's socket, the host's processes and all
devices are given only where the user switches the app's protection off, which such an app asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Port
from dindguard.model.image import Image
from dindguard.model.values import Text, inherited
from dindguard.model.workload import Platform, Workload, WorkloadKind, alone
from dindguard.patterns import regex
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.words import Option

_SOCKET = "/run/docker.sock"
_SWITCHES = {
    "host_network": ("network", "host"), "host_pid": ("pid", "host"), "host_ipc": ("ipc", "host"),
    "host_uts": ("uts", "host"), "full_access": ("device-cgroup-rule", "a *:* rwm"), "kernel_modules": ("cap-add", "SYS_MODULE"),
    "realtime": ("cap-add", "SYS_NICE"), "docker_api": ("volume", f"{_SOCKET}:{_SOCKET}:ro"),
}  # fmt: skip
"""What the Supervisor makes of a setting that is on, as an option of Docker's."""
_DISK = regex(r"/dev/(?:sd|nvme|mmcblk|vd|hd|xvd|md|dm-)")
"""Disks, of which an app lists whatever a machine may have; it gets those that are there, so that one stands for all."""


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every app of a scan."""
    del context  # an app stands by itself
    return Reading(map(_workload, (document.content for document in documents)))


def _workload(root: Node) -> Workload:
    name = root["slug"].text
    address = f"app.{name}"
    volumes = Volumes(f"{root.source.path}:{address}")
    given: dict[str, Any] = attributes([*_options(root)], volumes, address)
    container = Container(
        name=name,
        address=address,
        kind=ContainerKind.MANAGED,
        span=root["slug"].span,
        image=_image(root["image"]),
        **{
            **given,
            "environment": Environment(_variables(root["environment"])),
            "ports": tuple(_ports(root["ports"])),
        },
    )
    return alone(container, WorkloadKind.PROJECT, Platform.ENGINE, storages=volumes.storages)


def _options(root: Node) -> Iterator[Option]:
    for item in root["privileged"].items():
        yield Option("cap-add", item.value, item.span)
    disks = [item for item in root["devices"].items() if _DISK.match(item.content)]
    for item in root["devices"].items():
        if item.is_scalar and (item not in disks or item is disks[0]):
            yield Option("device", item.value, item.span)
    for key, (option, value) in _SWITCHES.items():
        if root[key].flag(key).on:
            yield Option(option, inherited(value, root[key].span), root[key].span)
    if root["apparmor"].flag("apparmor").off and root["apparmor"].present:
        span = root["apparmor"].span
        yield Option("security-opt", Text("apparmor=unconfined", span), span)


def _image(node: Node) -> Image | None:
    """Return the image that is fetched for a machine; one that is built on it has no name."""
    if not node.is_scalar or not node.content:
        return None
    return Image.parse(Text(node.content.replace("{arch}", "amd64"), node.span, raw=node.content))


def _variables(node: Node) -> Iterator[EnvVar]:
    for key, value in node.pairs():
        if value.is_scalar:
            yield EnvVar(key.content, value.value, key.span)


def _ports(node: Node) -> Iterator[Port]:
    for key, value in node.pairs():
        inner, _, protocol = key.content.partition("/")
        if value.integer is not None and inner.isdecimal():
            yield Port(int(inner), value.integer, "", value.span, protocol or "tcp")
