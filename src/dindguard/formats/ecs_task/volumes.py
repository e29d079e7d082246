"""The volumes of a task, and where its containers mount them."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.model.mount import Medium, Mount, MountKind, Storage
from dindguard.model.values import Text, unknown
from dindguard.scripts.engine_cli.mounts import Volumes


class TaskVolumes:
    """Joins ``volumes`` with ``mountPoints`` by name.

    A list of containers alone (``listed``) does not show the volumes: what a mount point leads to is unknown then.
    On Fargate a volume is never a path of the host.
    """

    def __init__(self, node: Node, scope: str, *, fargate: bool, listed: bool) -> None:
        self._volumes = Volumes(scope)
        self._fargate = fargate
        self._listed = listed
        self._named = {item["name"].content: item for item in node.items() if item.is_mapping}
        for item in self._named.values():
            self._declare(item)

    @property
    def storages(self) -> tuple[Storage, ...]:
        """Every storage that was needed."""
        return self._volumes.storages

    def mounts(self, container: Node, owner: str) -> Iterator[Mount]:
        """Yield what a container mounts."""
        for item in container["mountPoints"].items():
            if item["containerPath"].is_scalar:
                yield from self._mount(item, owner)
        for item in container["linuxParameters"]["tmpfs"].items():
            if item["containerPath"].is_scalar:
                yield self._volumes.tmpfs(item["containerPath"].value, owner)

    def _mount(self, item: Node, owner: str) -> Iterator[Mount]:
        kind, source, place = self._source(item["sourceVolume"])
        fields = {"target": item["containerPath"].value}
        if source is not None:
            fields["source"] = source
        if item["readOnly"].is_scalar:
            fields["readonly"] = item["readOnly"].value
        mount = self._volumes.fields(kind, fields, place.span, owner)
        if mount is not None:
            yield mount

    def _source(self, name: Node) -> tuple[str, Text | None, Node]:
        """Return what a mount point's volume is: a path of the host, or a folder of the task's own."""
        volume = self._named.get(name.content)
        if volume is None:
            known = not self._listed and not self._fargate
            return ("volume", name.value, name) if known else ("bind", _elsewhere(name), name)
        path = volume["host"]["sourcePath"]
        if path.is_scalar and path.content and not self._fargate:
            return "bind", path.value, path
        return "volume", name.value, name

    def _declare(self, volume: Node) -> None:
        """Take note of what a volume's driver puts behind it, and of file systems of the network."""
        name = volume["name"].content
        network = any(key in volume for key in ("efsVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration"))
        options = volume["dockerVolumeConfiguration"]["driverOpts"]
        bind = "bind" in options["o"].content.split(",")
        if not network and not bind:
            return
        self._volumes.declare(
            Storage(
                identity=self._volumes.identity(MountKind.VOLUME, name),
                name=name,
                kind=MountKind.VOLUME,
                span=volume["name"].span,
                medium=Medium.NETWORK if network else Medium.DISK,
                host_path=options["device"].value if bind and options["device"].is_scalar else None,
            )
        )


def _elsewhere(name: Node) -> Text:
    return unknown(name.span, name.content, name.content)
