"""Reads Quadlet's units: those of one folder are one user's, or the machine's, and know each other by name."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from dindguard.documents.sections import Entry, read_unit
from dindguard.formats import Context, Document, Reading, Unread
from dindguard.formats.quadlet.containers import container_of
from dindguard.formats.quadlet.entries import Rights, Section, folder_of, rights_of, stem_of
from dindguard.model.container import Build, Container
from dindguard.model.image import Image
from dindguard.model.mount import Medium, MountKind, Storage
from dindguard.model.values import How
from dindguard.model.workload import Network, Platform, Workload, WorkloadKind
from dindguard.records import replace
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.source import SET_HERE, Embedded, Source, Span, Step
from dindguard.vocabulary import MEMORY_FILE_SYSTEMS, NETWORK_FILE_SYSTEMS

_KINDS = ("container", "pod", "kube", "volume", "network", "image", "build")
_SECTIONS = {kind: kind.capitalize() for kind in _KINDS}
_ONLY_SYSTEMD = frozenset({"Match", "NetDev", "Link"})


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every unit of a scan, folder by folder."""
    del context  # what units name lies on the machine
    reading = Reading()
    folders: dict[str, _Folder] = {}
    for document in documents:
        source = document.source
        path = source.hint or source.path
        stem, kind = stem_of(path)
        entries = read_unit(source)
        sections = {entry.section for entry in entries}
        if _SECTIONS.get(kind, "") not in sections or sections & _ONLY_SYSTEMD:
            reading.unread.append(Unread(source, "unit"))
            continue
        if kind == "kube":  # its pods are read from their own file; options for all of them are not
            reading.unread.append(Unread(source, "Quadlet of a Kubernetes file"))
        key = folder_of(path) if not source.embedded else f"{source.path}:{folder_of(path)}"
        folders.setdefault(key, _Folder(folder_of(path))).add(stem, kind, source, entries)
        reading.embedded += _service(source, stem, entries)
    for folder in folders.values():
        reading.workloads += folder.workloads()
    return reading


def _service(source: Source, stem: str, entries: Sequence[Entry]) -> list[Embedded]:
    """Return a unit whose service runs commands of its own as the service that it becomes."""
    if not any(entry.section == "Service" and entry.key.startswith("Exec") for entry in entries):
        return []
    return [Embedded(source.part(0, len(source.text), hint=f"{stem or 'unit'}.service"))]


class _Unit:
    """One unit: its own file, then its drop-ins."""

    def __init__(self, stem: str, kind: str) -> None:
        self.stem = stem
        self.kind = kind
        self.files: list[tuple[str, Source, list[Entry]]] = []

    def section(self, rights: Rights, name: str = "") -> Section:
        entries = [entry for _, _, found in sorted(self.files, key=_order) for entry in found]
        return Section(entries, name or _SECTIONS[self.kind], rights)

    @property
    def rights(self) -> Rights:
        entries = [entry for _, _, found in self.files for entry in found]
        return rights_of(self.files[0][0], entries)

    @property
    def span(self) -> Span:
        """The place of its section's first setting, in its own file."""
        _, source, entries = min(self.files, key=_order)
        first = next((entry for entry in entries if entry.section == _SECTIONS[self.kind]), None)
        return first.value.span(0, len(first.value.text)) if first is not None else source.whole()


def _order(file: tuple[str, Source, list[Entry]]) -> tuple[bool, str]:
    return (".d/" in file[0], file[0])


class _Folder:
    """The units of one folder."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._units: dict[tuple[str, str], _Unit] = {}

    def add(self, stem: str, kind: str, source: Source, entries: list[Entry]) -> None:
        """Add a file of a unit."""
        unit = self._units.setdefault((stem, kind), _Unit(stem, kind))
        unit.files.append((source.hint or source.path, source, entries))

    def workloads(self) -> list[Workload]:
        """Return each pod with its containers, and the containers that are in none."""
        volumes = Volumes(f"{self._name}:quadlets")
        for unit in self._of("volume"):
            volumes.declare(_storage(unit, volumes))
        networks = tuple(_network(unit) for unit in self._of("network"))
        members: dict[str, list[Container]] = {}
        for unit in self._of("container"):
            made = self._with_image(_container(unit, f"containers.{unit.stem}", volumes))
            members.setdefault(self._pod_of(unit), []).append(made)
        found = [
            _workload(
                unit.stem,
                f"pods.{unit.stem}",
                (_container(unit, f"pods.{unit.stem}", volumes), *members.get(unit.stem, ())),
                networks,
                shared=True,
            )
            for unit in self._of("pod")
        ]
        if "" in members:
            found.append(_workload(posixpath.basename(self._name), "containers", tuple(members[""]), networks))
        return found

    def _of(self, kind: str) -> list[_Unit]:
        return [unit for unit in self._units.values() if unit.kind == kind]

    def _with_image(self, container: Container) -> Container:
        """Return a container with the image that another unit pulls (``x.image``) or builds (``x.build``)."""
        given = container.image.reference if container.image is not None else None
        stem, _, kind = (given.value or "").rpartition(".") if given is not None else ("", "", "")
        unit = self._units.get((stem, kind)) if kind in ("image", "build") else None
        if unit is None or given is None:
            return container
        section = unit.section(unit.rights)
        named = (*section.values("ImageTag"), *section.values("Image"))
        tag = replace(named[0], span=given.span.with_trail(Step(SET_HERE, named[0].span))) if named else None
        return replace(
            container,
            image=Image.parse(replace(tag, how=How.VARIABLE)) if tag is not None else None,
            build=_build(unit, section) if kind == "build" else None,
        )

    def _pod_of(self, unit: _Unit) -> str:
        """Return the name of the pod, of this folder, that a container is in; ``""`` for none."""
        pod = unit.section(unit.rights).last("Pod")
        name = pod.pattern.removesuffix(".pod") if pod is not None else ""
        return name if (name, "pod") in self._units else ""


def _container(unit: _Unit, address: str, volumes: Volumes) -> Container:
    rights = unit.rights
    return container_of(unit.section(rights), unit.stem, address, unit.span, volumes, rights)


def _workload(
    name: str, address: str, containers: tuple[Container, ...], networks: tuple[Network, ...], *, shared: bool = False
) -> Workload:
    storages = {
        mount.storage.identity: mount.storage for each in containers for mount in each.mounts if mount.storage
    }
    return Workload(
        name=name,
        address=address,
        kind=WorkloadKind.PROJECT,
        platform=Platform.ENGINE,
        span=containers[0].span,
        containers=containers,
        networks=networks,
        storages=tuple(storages.values()),
        shared_network=shared,
    )


def _storage(unit: _Unit, volumes: Volumes) -> Storage:
    section = unit.section(unit.rights)
    name = f"{unit.stem}.volume"
    kind, device, options = section.last("Type"), section.last("Device"), section.last("Options")
    bind = "bind" in {
        kind.pattern if kind is not None else "",
        *(options.pattern.split(",") if options is not None else ()),
    }
    system = kind.pattern if kind is not None else ""
    medium = (
        Medium.MEMORY
        if system in MEMORY_FILE_SYSTEMS
        else Medium.NETWORK
        if system in NETWORK_FILE_SYSTEMS
        else Medium.DISK
    )
    return Storage(
        identity=volumes.identity(MountKind.VOLUME, name),
        name=name,
        kind=MountKind.VOLUME,
        span=unit.span,
        medium=medium,
        file_system=kind if system not in ("", "none", "bind") else None,
        host_path=device if bind else None,
    )


def _build(unit: _Unit, section: Section) -> Build:
    """Return how a ``.build`` unit builds: its file, in the folder that it works in (``unit``: its own)."""
    own = folder_of(unit.files[0][0])
    file, given = section.last("File"), section.last("SetWorkingDirectory")
    folder = given.pattern if given is not None and given.pattern not in ("unit", "file") else own
    name = file.pattern if file is not None else "Containerfile"
    path = posixpath.normpath(posixpath.join(own, name))
    inside = (file is None or file.known) and not path.startswith(("/", ".."))
    return Build(span=unit.span, context=folder or ".", dockerfile=path if inside else None)


def _network(unit: _Unit) -> Network:
    section = unit.section(unit.rights)
    return Network(
        name=f"{unit.stem}.network",
        span=unit.span,
        internal=section.on("Internal") is not None,
        subnets=section.values("Subnet"),
    )
