"""The parts of a snapshot: containers, networks and volumes, told apart by what they hold, and the engine's own facts."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.documents.tree import Node
from dindguard.formats.engine_snapshot import is_container, is_info
from dindguard.records import record


@record
class Parts:
    """The inspected objects of one engine, sorted by kind; ``info``, ``version`` and
    ``socket`` are holes where nobody asked."""

    containers: tuple[Node, ...]
    networks: tuple[Node, ...]
    volumes: tuple[Node, ...]
    info: Node
    version: Node
    socket: Node
    root: Node

    @staticmethod
    def of(root: Node) -> Parts:
        """Sort what a document holds; anything else in it is left out."""
        if root.is_sequence:
            objects: Iterable[Node] = root.items()
        else:
            listed = (root["containers"], root["networks"], root["volumes"])
            objects = [root] if is_container(root) else [item for part in listed for item in part.items()]
        found = list(objects)
        return Parts(
            containers=tuple(item for item in found if is_container(item)),
            networks=tuple(item for item in found if item["IPAM"].is_mapping and item["Name"].is_scalar),
            volumes=tuple(item for item in found if item["Mountpoint"].is_scalar and item["Name"].is_scalar),
            info=root if is_info(root) else root["info"],
            version=root["version"],
            socket=root["socket"],
            root=root,
        )
