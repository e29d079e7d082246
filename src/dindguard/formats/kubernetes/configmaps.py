"""Documents inside ConfigMaps and Secrets, and the containers that read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from dindguard import budget
from dindguard.documents import syntax
from dindguard.documents.tree import Node
from dindguard.formats import Context, Unread
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.pods import ReadPod
from dindguard.formats.kubernetes.resources import Resource, size_of
from dindguard.formats.kubernetes.volumes import Volume
from dindguard.model.container import Container, ContainerKind
from dindguard.model.mount import Mount
from dindguard.records import record
from dindguard.source import Embedded, Segment, Source

_DAEMON_JSON = "daemon.json"
_ENCODED = (".json", ".sh", ".yaml", ".yml", ".toml", "Dockerfile")


@record
class _Use:
    """One container that mounts a key of an object as the file ``path``."""

    container: Container
    path: str


class Mounted:
    """Which containers mount which ConfigMaps and Secrets."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._mounts: dict[Resource, list[tuple[Container, Mount, Volume]]] = {}

    def add(self, pod: ReadPod, resource: Resource) -> None:
        """Remember what a pod mounts."""
        objects = [
            (self._cluster.find(kind, name, resource), volume)
            for volume in pod.volumes.values()
            for kind, name in volume.objects
        ]
        for found, volume in objects:
            if found is None:
                continue
            uses = self._mounts.setdefault(found, [])
            for container in pod.workload.containers:
                uses.extend(
                    (container, mount, volume) for mount in container.mounts if mount.storage is volume.storage
                )

    def known(self, found: Resource) -> list[object]:
        """Return what may stand in what an object's texts are: its source, and the containers that mount it."""
        return [found.node.source, *(container for container, _, _ in self._mounts.get(found, ()))]

    def uses(self, found: Resource, key: str) -> list[_Use]:
        """Return the containers that have a key as a file, and where."""
        uses = []
        for container, mount, volume in self._mounts.get(found, ()):
            path = volume.files.get(key, None if volume.files else key)
            if path is None:
                continue
            if mount.sub_path is None:
                uses.append(_Use(container, f"{mount.target.pattern.rstrip('/')}/{path}"))
            elif mount.sub_path.pattern == path:
                uses.append(_Use(container, mount.target.pattern))
        return uses


@record
class _Held:
    """A text that an object holds, and the containers that read it, or nobody in particular; an ``unused`` one starts nothing."""

    source: Source
    start: int
    owners: tuple[Container | None, ...] = ()
    unused: bool = False


def embedded(cluster: Cluster, mounted: Mounted, unread: list[Unread], context: Context) -> Iterator[Embedded]:
    """Yield the documents in all ConfigMaps and Secrets, each with the container that reads it.

    What nothing mounts and is no script or engine's configuration is text: it may look like a Compose file or a pod, and
    starts nothing. It is added to ``unread``.
    """
    seen: set[tuple[str, int, Container | None]] = set()
    objects = cluster.of_kind("ConfigMap", "Secret")
    for found, texts in context.each(objects, partial(_held, mounted, context), mounted.known, size_of):
        for held in texts:
            if held.unused:
                unread.append(Unread(held.source, f"text of a {found.kind} that nothing mounts"))
                context.waits(held.source)
            for owner in held.owners:
                place = (held.source.path, held.start, owner)
                if place not in seen:
                    seen.add(place)
                    context.waits(held.source)
                    yield Embedded(held.source, owner)


def _held(mounted: Mounted, context: Context, found: Resource) -> list[_Held]:
    """Return the texts that one object holds."""
    texts = []
    for key, node in _values(found):
        uses = mounted.uses(found, key)
        hint = _file_name(key, uses)
        encoded = found.kind == "Secret" and node.route.startswith("data")
        same = (hint, node.start, node.end, node.route, node.content)  # overlays make nodes anew
        source = context.again(same, (node.source,), partial(_source, node, hint, encoded))
        if source is None:
            continue
        if uses or not syntax.by_name(hint) or hint == _DAEMON_JSON:
            texts.append(_Held(source, node.start, tuple(_owners(uses, hint))))
        elif node.source is found.node.source:  # a file that a generator takes is judged as what it is
            texts.append(_Held(source, node.start, unused=True))
    found.node.fold()
    return texts


def _file_name(key: str, uses: Sequence[_Use]) -> str:
    """Return what a container knows a text by: the name that it is mounted under, else its key."""
    names = {use.path.rpartition("/")[2] for use in uses}
    if _DAEMON_JSON in (*names, key.rpartition("/")[2]):
        return _DAEMON_JSON
    return names.pop() if len(names) == 1 else key


def _values(found: Resource) -> Iterator[tuple[str, Node]]:
    for part in ("data", "stringData"):
        for key, value in found.node[part].pairs():
            if value.is_scalar and value.content:
                yield key.content, value


def _source(node: Node, hint: str, encoded: bool) -> Source | None:
    if not encoded:
        text = node.content
        return node.document(hint) if "\n" in text or text.lstrip().startswith("{") else None
    if not hint.endswith(_ENCODED) or not budget.within(budget.ENCODED_TEXT, len(node.content), node):
        return None
    from binascii import a2b_base64  # few files have Secrets

    try:
        text = a2b_base64("".join(node.content.split()), strict_mode=True).decode()
    except ValueError:
        return None
    # Nothing in it has a place of its own: everything is where the encoded text begins.
    return Source(node.source.path, text, hint=hint, parent=node.source, segments=(Segment(0, node.start, 0),))


def _owners(uses: list[_Use], hint: str) -> list[Container | None]:
    """Return who reads a file: every engine that has it as its configuration, else the one that executes it, or stays."""
    if hint == _DAEMON_JSON:
        engines = [use.container for use in uses if use.path.endswith("/docker/daemon.json") or _mentions(use)]
        return [*dict.fromkeys(engines)] or [None]
    executing = [use.container for use in uses if _mentions(use)]
    mounting = list(dict.fromkeys(use.container for use in uses))
    if executing:
        return [executing[0]]
    staying = [each for each in mounting if each.kind is not ContainerKind.INIT] or mounting
    return [staying[0]] if len(staying) == 1 else [None]


def _mentions(use: _Use) -> bool:
    """Whether the container's command names the file."""
    words = (*(use.container.entrypoint or ()), *(use.container.command or ()))
    return any(use.path in word.pattern for word in words)
