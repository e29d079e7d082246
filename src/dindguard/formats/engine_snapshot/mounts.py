"""What a running container mounts, and the storage behind it."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats.engine_snapshot.parts import Parts
from dindguard.formats.engine_snapshot.places import Place
from dindguard.model import paths
from dindguard.model.mount import Medium, Mount, MountKind, Storage
from dindguard.model.values import Flag, How, Text, unset
from dindguard.patterns import regex
from dindguard.vocabulary import MEMORY_FILE_SYSTEMS, NETWORK_FILE_SYSTEMS

_ANONYMOUS = regex(r"[0-9a-f]{64}\Z")
_RELABEL = regex(r"(?:^|,)([zZ])(?:,|\Z)")


class Storages:
    """The volumes and host directories of one engine: whoever mounts one of them mounts the same bytes."""

    def __init__(self, parts: Parts) -> None:
        self._volumes = {volume["Name"].content: volume for volume in parts.volumes}
        self._engine = f"{parts.root.source.path}:{parts.root.start}"

    def mounts(self, container: Node, place: Place) -> tuple[Mount, ...]:
        """Return all mounts of an inspected container."""
        return (*self._mounts(container, place), *self._temporary(container, place))

    def _mounts(self, container: Node, place: Place) -> Iterator[Mount]:
        for item in container["Mounts"].items():
            target = place.text(item["Destination"])
            if target is None:
                continue
            kind, source, storage = self._storage(container, item, target, place)
            relabel = _RELABEL.search(item["Mode"].content) if kind is MountKind.HOST else None
            propagation = place.text(item["Propagation"])
            yield Mount(
                kind=kind,
                source=source,
                target=target,
                span=(source or target).span,
                read_only=_read_only(item, place),
                storage=storage,
                propagation=propagation if propagation is not None and propagation.value != "rprivate" else None,
                relabel=place.written(item["Mode"], relabel[1]) if relabel is not None else None,
            )

    def _storage(
        self, container: Node, item: Node, target: Text, place: Place
    ) -> tuple[MountKind, Text | None, Storage | None]:
        kind = item["Type"].content
        if kind == "bind" or (kind == "" and not item["Name"].content):
            source = place.text(item["Source"])
            return MountKind.HOST, source, self._directory(source) if source is not None else None
        if kind in ("volume", ""):
            name = place.text(item["Name"])
            return self._volume(name, place) if name is not None else (MountKind.OTHER, None, None)
        if kind == "tmpfs":
            return MountKind.TMPFS, None, self._memory(container, target)
        return MountKind.IMAGE if kind == "image" else MountKind.OTHER, place.text(item["Source"]), None

    def _volume(self, name: Text, place: Place) -> tuple[MountKind, Text | None, Storage]:
        declared = self._volumes.get(name.pattern)
        options = declared["Options"] if declared is not None else None
        anonymous = _ANONYMOUS.match(name.pattern) is not None
        kind = MountKind.ANONYMOUS if anonymous else MountKind.VOLUME
        storage = Storage(
            identity=f"{self._engine}:volume:{name.pattern}",
            name=name.pattern[:12] if anonymous else name.pattern,
            kind=kind,
            span=name.span,
            medium=_medium(options),
            host_path=_host_path(options, place),
        )
        return kind, None if anonymous else name, storage

    def _directory(self, source: Text) -> Storage:
        path = paths.normalise(source.pattern)
        return Storage(
            identity=f"{self._engine}:host:{path}", name=path, kind=MountKind.HOST, span=source.span,
            medium=Medium.UNKNOWN, host_path=source,
        )  # fmt: skip

    def _memory(self, container: Node, target: Text, size: Text | None = None) -> Storage:
        return Storage(
            identity=f"{self._engine}:tmpfs:{container.route}:{target.pattern}", name="", kind=MountKind.TMPFS,
            span=target.span, medium=Medium.MEMORY, size_limit=size, per_replica=True,
        )  # fmt: skip

    def _temporary(self, container: Node, place: Place) -> Iterator[Mount]:
        """Yield the mounts of ``--tmpfs``, which the list of mounts does not show."""
        for key, options in container["HostConfig"]["Tmpfs"].pairs():
            target = place.written(key, key.content)
            size = next((word[5:] for word in options.content.split(",") if word.startswith("size=")), "")
            storage = self._memory(container, target, place.written(options, size) if size else None)
            yield Mount(
                kind=MountKind.TMPFS, source=None, target=target, span=target.span,
                read_only=unset(target.span, "read_only"), storage=storage,
            )  # fmt: skip


def _read_only(item: Node, place: Place) -> Flag:
    if item["RW"].content == "false":
        return Flag(True, place.at(item["RW"]), How.WRITTEN, "read_only")
    return unset(place.at(item), "read_only")


def _medium(options: Node | None) -> Medium:
    """A volume of the driver ``local`` without options is a directory; another driver's is unknown only by its type."""
    kind = options["type"].content.lower() if options is not None else ""
    if kind in NETWORK_FILE_SYSTEMS:
        return Medium.NETWORK
    return Medium.MEMORY if kind in ("tmpfs", "ramfs") else Medium.DISK


def _host_path(options: Node | None, place: Place) -> Text | None:
    """Return the host's directory or device behind a volume with options (``o: bind``)."""
    if options is None or options["type"].content in NETWORK_FILE_SYSTEMS.keys() | MEMORY_FILE_SYSTEMS:
        return None
    device = place.text(options["device"])
    return device if device is not None and device.pattern.startswith("/") else None
