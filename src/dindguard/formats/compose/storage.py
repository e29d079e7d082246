"""Top-level ``volumes``, ``configs`` and ``secrets``: what holds the bytes behind a mount, and its identity."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.compose.projects import Project
from dindguard.model.mount import Medium, MountKind, Storage
from dindguard.model.values import Text
from dindguard.vocabulary import MEMORY_FILE_SYSTEMS, NETWORK_FILE_SYSTEMS

_NETWORK_DRIVERS = (
    "nfs",
    "netshare",
    "sshfs",
    "cifs",
    "glusterfs",
    "rexray",
    "convoy",
    "flocker",
    "portworx",
    "ceph",
)


class Volumes:
    """The named volumes of all projects of a scan, so that an external one finds who declares it.

    Two volumes are one only with evidence: the same project folder, or an external name that exactly one other
    project declares.
    """

    def __init__(self, projects: Iterable[Project]) -> None:
        self._declared: dict[str, set[str]] = {}
        for project in projects:
            for key, node in project.root["volumes"].pairs():
                name = volume_name(project, key.content, node)
                if name and not _external(node):
                    self._declared.setdefault(name, set()).add(_identity(project, key.content, node))

    def of(self, project: Project) -> dict[str, Storage]:
        """Return a project's declared volumes by their name in the file."""
        return {key.content: self._storage(project, key, node) for key, node in project.root["volumes"].pairs()}

    def elsewhere(self, project: Project) -> tuple[str, ...]:
        """Return the identities of a project's external volumes, which other projects declare."""
        volumes = project.root["volumes"].pairs()
        return tuple(self._elsewhere(project, key.content, node) for key, node in volumes if _external(node))

    def _elsewhere(self, project: Project, name: str, node: Node) -> str:
        known = volume_name(project, name, node) or name
        declared = self._declared.get(known, set())
        return next(iter(declared)) if len(declared) == 1 else f"external:{project.folder}:{known}"

    def _storage(self, project: Project, key: Node, node: Node) -> Storage:
        name = key.content
        external = _external(node)
        options = node["driver_opts"]
        identity = self._elsewhere(project, name, node) if external else _identity(project, name, node)
        return Storage(
            identity=identity,
            name=name,
            kind=MountKind.VOLUME,
            span=key.span,
            medium=Medium.UNKNOWN if external else _medium(node),
            file_system=None if options["type"].text in ("none", "bind", "") else written(options["type"]),
            size_limit=_size(written(options["o"])),
            external=external,
            host_path=_host_path(options),
        )


def volume_name(project: Project, key: str, node: Node) -> str:
    """Return the name that the engine knows a volume by; ``""`` where the files do not tell."""
    written = node["name"] if node["name"].is_scalar else node["external"]["name"]
    if written.is_scalar:
        return written.text
    if _external(node):
        return key
    name = project.root["name"].text
    return f"{name}_{key}" if name else ""


def _identity(project: Project, key: str, node: Node) -> str:
    name = node["name"].text or key
    project_name = project.root["name"].text
    where = f"{project.folder or '.'}" + (f":{project_name}" if project_name and name == key else "")
    return f"compose:{where}:{name}"


def _external(node: Node) -> bool:
    external = node["external"]
    return external.is_mapping or external.flag().on


def _medium(node: Node) -> Medium:
    kind = node["driver_opts"]["type"].text.lower()
    if kind in NETWORK_FILE_SYSTEMS or any(word in node["driver"].text.lower() for word in _NETWORK_DRIVERS):
        return Medium.NETWORK
    if kind in ("tmpfs", "ramfs"):
        return Medium.MEMORY
    return Medium.DISK if node["driver"].text in ("", "local") else Medium.UNKNOWN


def _host_path(options: Node) -> Text | None:
    """Return the host's directory or device behind a local volume (``o: bind``, or a block device)."""
    device = written(options["device"])
    if device is None or options["type"].text in NETWORK_FILE_SYSTEMS.keys() | MEMORY_FILE_SYSTEMS:
        return None
    flags = options["o"].value.pattern.split(",")
    is_bind = "bind" in flags or "rbind" in flags
    return device if is_bind or device.pattern.startswith("/") else None


def _size(options: Text | None) -> Text | None:
    if options is None:
        return None
    at = 0
    for word in options.pattern.split(","):
        if word.startswith("size="):
            return options.part(at + len("size="), at + len(word))
        at += len(word) + 1
    return None


def anonymous(project: Project, service: str, target: Text) -> Storage:
    """Return the storage of a volume that has no name: each container has its own."""
    return Storage(
        identity=f"compose:{project.path}:{service}:{target.pattern}",
        name="",
        kind=MountKind.ANONYMOUS,
        span=target.span,
        per_replica=True,
    )


def host_directory(project: Project, source: Text, path: str) -> Storage:
    """Return the storage behind a bind mount; ``path`` is its one spelling."""
    return Storage(
        identity=f"host:{project.folder or '.'}:{path}",
        name=path,
        kind=MountKind.HOST,
        span=source.span,
        medium=Medium.UNKNOWN,
        host_path=source,
    )


def in_memory(project: Project, service: str, target: Text, size: Text | None) -> Storage:
    """Return the storage behind a tmpfs."""
    return Storage(
        identity=f"tmpfs:{project.path}:{service}:{target.pattern}",
        name="",
        kind=MountKind.TMPFS,
        span=target.span,
        medium=Medium.MEMORY,
        size_limit=size,
        per_replica=True,
    )
