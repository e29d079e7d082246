"""The settings of Podman's files that concern an engine.

Sources: containers.conf(5), containers-storage.conf(5), containers-registries.conf(5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.model.container import Container, ContainerKind, Environment
from dindguard.model.launch import Configuration, Setting
from dindguard.model.paths import machine_of
from dindguard.model.values import written
from dindguard.model.workload import Platform, Workload, WorkloadKind, alone
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.words import Option
from dindguard.vocabulary import EngineProduct

_KEYS = (
    (("storage", "driver"), "storage-driver"),
    (("storage", "graphroot"), "data-root"),
    (("containers", "seccomp_profile"), "seccomp-profile"),
    (("containers", "privileged"), "privileged"),
)
"""Where a setting stands, and the name it has in the model."""

_DEFAULTS = {
    "pidns": "pid", "ipcns": "ipc", "netns": "network", "utsns": "uts", "cgroupns": "cgroupns", "devices": "device",
    "volumes": "volume", "default_capabilities": "cap-add",
}  # fmt: skip
"""Keys of ``[containers]`` that every container gets, and the options of ``run`` that say the same."""
_SHARED = "host"
_NESTED = "disabled"
"""``cgroups`` of an engine inside a container (containers/podman ``contrib/podmanimage``): its host is that container."""


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every file that sets anything of these."""
    del context
    reading = Reading()
    for document in documents:
        settings = tuple(_settings(document.content))
        if settings:
            source = document.source
            reading.configurations.append(
                Configuration(
                    product=EngineProduct.PODMAN,
                    settings=settings,
                    span=source.whole(),
                    container=document.owner,
                    machine=machine_of(source.path, embedded=source.embedded, part=source.machine),
                )
            )
        default = _default(document.content, nested=document.owner is not None)
        if default is not None:
            reading.workloads.append(default)
    return reading


def _default(root: Node, *, nested: bool) -> Workload | None:
    """Return what every container is given, as a container; ``None`` for a file that shares nothing of the host.

    An engine that is ``nested`` shares the namespaces of the container that it is in.
    """
    address = "containers"
    volumes = Volumes(f"{root.source.path}:{address}")
    table = root[address]
    nested = nested or table["cgroups"].content == _NESTED
    options = [
        Option(option, item.value, item.span)
        for key, option in _DEFAULTS.items()
        for item in table[key].listed()
        if item.is_scalar
        and not item.is_null
        and (not key.endswith("ns") or (item.content == _SHARED and not nested))
    ]
    if not options:
        return None
    given = attributes(options, volumes, address)
    given["environment"] = Environment(given["environment"])
    span = options[0].span
    container = Container(name="", address=address, kind=ContainerKind.DEFAULT, span=span, **given)
    return alone(container, WorkloadKind.HOST, Platform.ENGINE, storages=volumes.storages)


def _settings(root: Node) -> Iterator[Setting]:
    for way, name in _KEYS:
        node = root.at(*way)
        if node.is_scalar and not node.is_null and node.content:
            yield Setting(name, node.typed, node.span, "file")
    for registry in root["registry"].items():
        location = registry["location"] if registry["location"].is_scalar else registry["prefix"]
        if registry["insecure"].flag().on and location.is_scalar:
            yield Setting(
                "insecure-registry", written(location.content, location.span), registry["insecure"].span, "file"
            )
