"""Volumes, mounts, ports and devices of ``docker run`` and of those who speak its short syntax, as model objects."""

from __future__ import annotations

from collections.abc import Mapping

from dindguard.model import paths
from dindguard.model.container import Device, Port
from dindguard.model.container_parts import port_number
from dindguard.model.mount import PROPAGATIONS, Medium, Mount, MountKind, Storage
from dindguard.model.values import UNKNOWN_PIECE, Flag, Text, flag, unset
from dindguard.scripts.engine_cli.specs import device_spec, mount_spec, port_spec, volume_spec
from dindguard.source import Span

_MOUNT_KINDS = {
    "bind": MountKind.HOST,
    "npipe": MountKind.HOST,
    "volume": MountKind.VOLUME,
    "tmpfs": MountKind.TMPFS,
    "image": MountKind.IMAGE,
}


class Volumes:
    """Makes mounts, and the storages behind them.

    Within one ``scope`` (a workload's address in its file) equal names are one storage. What a container does not
    share with any other (an anonymous volume, a tmpfs) is told apart by the container's ``owner`` address.
    """

    def __init__(self, scope: str) -> None:
        self.scope = scope
        self._storages: dict[str, Storage] = {}

    @property
    def storages(self) -> tuple[Storage, ...]:
        """Every storage that was needed so far."""
        return tuple(self._storages.values())

    def identity(self, kind: MountKind, name: str, owner: str = "") -> str:
        """Return what makes two storages of this scope one; ``owner`` for what a container has alone."""
        return f"{kind}:{self.scope}:{owner}:{name}"

    def declare(self, storage: Storage) -> None:
        """Take note of a volume that is made before it is mounted."""
        self._storages.setdefault(storage.identity, storage)

    def volume(self, text: Text, owner: str, through: str = "") -> Mount:
        """Return the mount that ``source:target:options`` asks for."""
        spec = volume_spec(text)
        if spec.source is None:
            kind = MountKind.ANONYMOUS
        else:
            kind = MountKind.VOLUME if spec.bind is False else MountKind.HOST
        read_only = spec.has("ro") or spec.has("readonly")
        return Mount(
            kind=kind,
            source=spec.source,
            target=spec.target,
            span=text.span,
            read_only=_present(read_only, text.span),
            storage=self._storage(kind, spec.source, spec.target, text.span, owner),
            propagation=next((option for option in spec.options if option.value in PROPAGATIONS), None),
            relabel=spec.has("z") or spec.has("Z"),
            through=through,
        )

    def mount(self, text: Text, owner: str) -> Mount | None:
        """Return what ``type=bind,source=…,target=…`` asks for; ``None`` when it has no target."""
        spec = mount_spec(text)
        return self.fields(spec.type, spec.fields, text.span, owner)

    def fields(self, kind_name: str, fields: Mapping[str, Text], span: Span, owner: str) -> Mount | None:
        """Return the mount of that type (``bind``, ``volume`` …) with the fields of ``--mount`` by their canonical names."""
        target, source = fields.get("target"), fields.get("source")
        if target is None:
            return None
        kind = _MOUNT_KINDS.get(kind_name, MountKind.OTHER)
        if kind is MountKind.VOLUME and source is None:
            kind = MountKind.ANONYMOUS
        read_only = fields.get("readonly")
        return Mount(
            kind=kind,
            source=source,
            target=target,
            span=span,
            read_only=unset(span, "read_only") if read_only is None else flag(read_only, "read_only"),
            storage=self._storage(kind, source, target, span, owner, fields.get("tmpfs-size")),
            propagation=fields.get("bind-propagation"),
            sub_path=fields.get("volume-subpath"),
        )

    def tmpfs(self, text: Text, owner: str) -> Mount:
        """Return the tmpfs that ``path[:options]`` asks for."""
        path, _, _ = text.pattern.partition(":")
        target = text.part(0, len(path))
        size, at = None, len(path) + 1
        for option in text.pattern[at:].split(","):
            if option.startswith("size="):
                size = text.part(at + len("size="), at + len(option))
            at += len(option) + 1
        return Mount(
            kind=MountKind.TMPFS,
            source=None,
            target=target,
            span=text.span,
            read_only=unset(text.span, "read_only"),
            storage=self._storage(MountKind.TMPFS, None, target, text.span, owner, size),
        )

    def _storage(
        self, kind: MountKind, source: Text | None, target: Text, span: Span, owner: str, size: Text | None = None
    ) -> Storage | None:
        if kind is MountKind.OTHER or (source is not None and source.unknown):
            return None
        if kind in (MountKind.VOLUME, MountKind.HOST, MountKind.IMAGE) and source is not None:
            name, alone = source.pattern, False
            span = source.span
            if kind is MountKind.HOST:
                name = paths.normalise(name)
        else:
            name, alone = target.pattern, True
        identity = self.identity(kind, name, owner if alone else "")
        if identity not in self._storages:
            self._storages[identity] = Storage(
                identity=identity,
                name=name,
                kind=kind,
                span=span,
                medium=Medium.MEMORY if kind is MountKind.TMPFS else Medium.DISK,
                size_limit=size,
                per_replica=alone,
            )
        return self._storages[identity]


def port(text: Text) -> Port:
    """Return the port that ``[[address:]published:]target[/protocol]`` publishes."""
    spec = port_spec(text)
    first, last = _range(spec.target)
    host_first, host_last = _range(spec.published)
    address = "" if spec.address is None else spec.address.pattern.strip("[]")
    return Port(
        container_port=first,
        host_port=host_first,
        host_address=UNKNOWN_PIECE if spec.address is not None and spec.address.unknown else address,
        span=text.span,
        protocol="tcp" if spec.protocol is None else spec.protocol.pattern,
        container_port_end=last,
        host_port_end=host_last,
    )


def device(text: Text) -> Device:
    """Return the host device that ``source[:target][:permissions]`` gives."""
    spec = device_spec(text)
    return Device(spec.source, text.span, "rwm" if spec.permissions is None else spec.permissions.pattern)


def _range(text: Text | None) -> tuple[int | None, int | None]:
    """Return both ends of ``2375-2376``; a single port has no end of its own."""
    if text is None or text.value is None:
        return None, None
    first, _, last = text.value.partition("-")
    return port_number(first), port_number(last)


def _present(option: Text | None, span: Span) -> Flag:
    return unset(span, "read_only") if option is None else Flag(True, option.span, option.how, "read_only")
