"""What a service mounts: ``volumes`` in both syntaxes, ``tmpfs``, ``volumes_from``, ``configs``, ``secrets``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.compose import entries, storage
from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.formats.compose.projects import Project
from dindguard.model.mount import PROPAGATIONS, Mount, MountKind, Storage
from dindguard.model.path_spelling import normalise
from dindguard.model.values import Flag, Text, inherited, unset
from dindguard.records import replace
from dindguard.source import Step

if TYPE_CHECKING:
    from dindguard.scripts.engine_cli.specs import VolumeSpec

_KINDS = {
    "volume": MountKind.VOLUME,
    "bind": MountKind.HOST,
    "npipe": MountKind.HOST,
    "tmpfs": MountKind.TMPFS,
    "image": MountKind.IMAGE,
}


_KEYS = frozenset({"volumes", "tmpfs", "configs", "secrets"})

_MODES = PROPAGATIONS | {
    "ro",
    "rw",
    "z",
    "Z",
    "U",
    "O",
    "idmap",
    "nocopy",
    "copy",
    "cached",
    "delegated",
    "consistent",
}
"""What a short volume may end with. Compose passes over what it does not know (compose-go ``format/volume.go``)."""


class MountReader:
    """Reads the mounts of a project's services; equal storages are one object."""

    def __init__(self, project: Project, volumes: Mapping[str, Storage]) -> None:
        self._project = project
        self._volumes = dict(volumes)
        self._directories: dict[str, Storage] = {}
        self._read = 0
        self.storages: list[Storage] = list(volumes.values())

    def read(self, name: str, service: Node) -> tuple[Mount, ...]:
        """Return the mounts that a service has of its own; those of ``volumes_from`` come later."""
        if not service.has_any(_KEYS):
            return ()
        found = [
            mount for item in self._counted(service["volumes"]) if (mount := self._volume(name, item)) is not None
        ]
        found += [self._tmpfs(name, item.value) for item in service["tmpfs"].listed() if item.is_scalar]
        for section, kind in (("configs", MountKind.CONFIG), ("secrets", MountKind.SECRET)):
            found += [mount for item in service[section].items() if (mount := self._grant(item, section, kind))]
        return tuple(found)

    def _counted(self, volumes: Node) -> list[Node]:
        """Return the items of a service's list, as many as the project may still have: an alias gives it to all."""
        given = volumes.items()
        self._read += len(given)
        over = self._read - budget.COMPOSE_MOUNTS.most
        return (
            given if budget.within(budget.COMPOSE_MOUNTS, self._read, volumes) else given[: max(len(given) - over, 0)]
        )

    # -- volumes ------------------------------------------------------------------------------------

    def _volume(self, service: str, item: Node) -> Mount | None:
        if item.is_mapping:
            return self._long(service, item)
        if not item.is_scalar or item.is_null:
            return None
        from dindguard.scripts.engine_cli import specs

        spec = specs.volume_spec(item.value)
        read_only = spec.has("ro")
        flag = unset(item.span, "read_only")
        if read_only is not None:
            flag = Flag(True, read_only.span, read_only.how, "read_only")
        return self._mount(
            service,
            MountKind.HOST if spec.bind is not False else MountKind.VOLUME,
            item,
            _told_writable(spec) if read_only is None else spec.source,
            spec.target,
            flag,
            propagation=next((option for option in spec.options if option.pattern in PROPAGATIONS), None),
            relabel=spec.has("z") or spec.has("Z"),
        )

    def _long(self, service: str, item: Node) -> Mount | None:
        target = written(item["target"])
        if target is None:
            return None
        kind = _KINDS.get(item["type"].text or "volume", MountKind.OTHER)
        if kind is MountKind.TMPFS:
            return self._tmpfs_mount(service, target, item, written(item["tmpfs"]["size"]))
        sub_path = item["volume"]["subpath"] if kind is MountKind.VOLUME else item["image"]["subpath"]
        return self._mount(
            service,
            kind,
            item,
            written(item["source"]),
            target,
            item["read_only"].flag("read_only"),
            propagation=written(item["bind"]["propagation"]),
            relabel=written(item["bind"]["selinux"]),
            sub_path=written(sub_path),
        )

    def _mount(
        self, service: str, kind: MountKind, item: Node, source: Text | None, target: Text, read_only: Flag,
        propagation: Text | None = None, relabel: Text | None = None, sub_path: Text | None = None,
    ) -> Mount:  # fmt: skip
        found: Storage | None = None
        if kind is MountKind.HOST and source is not None:
            found = self._directory(source, item)
        elif kind is MountKind.VOLUME and source is not None:
            found = self._named(source)
        elif kind is MountKind.VOLUME:
            kind = MountKind.ANONYMOUS
            found = self._new(storage.anonymous(self._project, service, target))
        return Mount(
            kind=kind, source=source, target=_cleaned(target), span=item.span, read_only=read_only, storage=found,
            declared=found.span if found is not None and kind is MountKind.VOLUME else None,
            propagation=propagation, relabel=relabel, sub_path=sub_path,
        )  # fmt: skip

    def _directory(self, source: Text, item: Node) -> Storage | None:
        """Return the storage of a host path; relative ones are the project's, from the file that writes them."""
        if source.unknown:
            return None
        path = normalise(source.pattern)
        if path.startswith("."):
            scope = item.scope
            folder = scope.directory if isinstance(scope, ComposeScope) else self._project.folder
            path = normalise(f"./{folder}/{path}" if folder else path)
        known = self._directories.get(path)
        if known is None:
            known = self._directories[path] = self._new(storage.host_directory(self._project, source, path))
        return known

    def _named(self, source: Text) -> Storage | None:
        if source.unknown:
            return None
        name = source.pattern
        known = self._volumes.get(name)
        if known is None:  # Compose refuses a volume that is not declared; older versions made one
            made = Storage(
                identity=f"compose:{self._project.folder or '.'}:{name}", name=name, kind=MountKind.VOLUME,
                span=source.span,
            )  # fmt: skip
            known = self._volumes[name] = self._new(made)
        return known

    def _new(self, made: Storage) -> Storage:
        self.storages.append(made)
        return made

    # -- tmpfs, configs and secrets -----------------------------------------------------------------

    def _tmpfs(self, service: str, written: Text) -> Mount:
        from dindguard.scripts.engine_cli import specs

        path, options = specs.key_value(written, ":")
        size = None
        for option in specs.items(options) if options is not None else ():
            name, value = specs.key_value(option)
            size = value if name.pattern == "size" else size
        return self._tmpfs_mount(service, path, None, size, written)

    def _tmpfs_mount(
        self, service: str, target: Text, item: Node | None, size: Text | None, written: Text | None = None
    ) -> Mount:  # fmt: skip
        span = item.span if item is not None else (written or target).span
        read_only = item["read_only"].flag("read_only") if item is not None else unset(span, "read_only")
        made = self._new(storage.in_memory(self._project, service, target, size))
        return Mount(
            kind=MountKind.TMPFS, source=None, target=_cleaned(target), span=span, read_only=read_only, storage=made
        )  # fmt: skip

    def _grant(self, item: Node, section: str, kind: MountKind) -> Mount | None:
        source = written(item["source"] if item.is_mapping else item)
        if source is None:
            return None
        declared = self._project.root[section][source.pattern]
        default = f"/run/secrets/{source.pattern}" if kind is MountKind.SECRET else f"/{source.pattern}"
        target = written(item["target"]) if item.is_mapping else None
        if target is None:
            target = inherited(default, item.span)
        elif kind is MountKind.SECRET and not target.pattern.startswith("/"):
            target = replace(target, value=f"/run/secrets/{target.pattern}") if target.known else target
        file = written(declared["file"])
        made = None
        if declared.present:
            made = self._new(
                Storage(
                    identity=f"{section}:{self._project.path}:{source.pattern}", name=source.pattern, kind=kind,
                    span=declared.key_span, external=declared["external"].flag().on, host_path=file,
                )
            )  # fmt: skip
        return Mount(
            kind=kind, source=source, target=target, span=item.span, storage=made,
            read_only=unset(item.span, "read_only", state=True),
            declared=declared.key_span if declared.present else None,
        )  # fmt: skip


def _cleaned(target: Text) -> Text:
    if target.value is None:
        return target
    cleaned = entries.clean(target.value)
    return target if cleaned == target.value else replace(target, value=cleaned)


def from_others(services: Mapping[str, Node], own: Mapping[str, tuple[Mount, ...]]) -> dict[str, tuple[Mount, ...]]:
    """Return the mounts of every service with those that ``volumes_from`` takes from others, own ones first."""
    collector = _Collector(services, own)
    return {name: collector.of(name, (name,)) for name in own}


class _Collector:
    """Collects the mounts that services take from each other, those of each service once."""

    def __init__(self, services: Mapping[str, Node], own: Mapping[str, tuple[Mount, ...]]) -> None:
        self._services = services
        self._own = own
        self._found: dict[str, tuple[Mount, ...]] = {}
        self._count = sum(map(len, own.values()))

    def of(self, name: str, chain: tuple[str, ...]) -> tuple[Mount, ...]:
        """Return the mounts of a service; ``chain`` are the services that led to it."""
        if name in self._found:
            return self._found[name]
        if "volumes_from" not in self._services[name]:
            return self._own[name]
        mounts = list(self._own[name])
        taken = {mount.target.pattern for mount in mounts}
        for item in self._services[name]["volumes_from"].listed():
            reference, _, mode = item.value.pattern.partition(":")
            if reference not in self._own or reference in chain:
                continue
            if not budget.within(budget.VOLUMES_FROM, len(chain), item):
                continue
            for mount in self.of(reference, (*chain, reference)):
                if mount.kind is MountKind.TMPFS or mount.target.pattern in taken:
                    continue
                if not budget.within(budget.COMPOSE_MOUNTS, self._count + 1, item):
                    break
                self._count += 1
                taken.add(mount.target.pattern)
                read_only = Flag(True, item.span, name="read_only") if mode == "ro" else mount.read_only
                mounts.append(
                    replace(mount, span=item.span, declared=mount.span, read_only=read_only,
                            through=f"volumes_from {reference}")
                )  # fmt: skip
        self._found[name] = tuple(mounts)
        return self._found[name]


def _told_writable(spec: VolumeSpec) -> Text | None:
    """Return the source of a volume; of one that ends with a mode that nobody knows, with a word on what comes of it."""
    odd = next((each for each in spec.options if each.known and each.pattern.partition("=")[0] not in _MODES), None)
    if odd is None or spec.source is None or odd.pattern.startswith("subpath="):
        return spec.source
    step = Step(f"Compose knows no mode '{odd}' and passes over it: the mount is writable", odd.span)
    return replace(spec.source, span=spec.source.span.with_trail(step))
