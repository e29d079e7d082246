"""How Compose puts two files, or a service and the one it extends, together.

The rules are compose-go's ``override`` package (Compose v5): mappings merge key by key, lists are appended and
then freed of what is declared twice, scalars are replaced. Docker Compose v2 has the same rules since 2.20.
Every node keeps the place where it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats.compose import entries
from dindguard.model.condition import exclude_each_other

Path = tuple[str, ...]

_REPLACED = {"command", "entrypoint"}
_KEY_VALUE = {
    "annotations", "dns", "dns_opt", "dns_search", "env_file", "label_file", "environment", "labels", "sysctls",
    "tmpfs", "extra_hosts",
}  # fmt: skip
_NAMED = {"depends_on", "networks", "models"}

Index = Callable[[Node], object]

_UNIQUE: dict[str, Index] = {
    "cap_add": entries.name_of,
    "cap_drop": entries.name_of,
    "configs": entries.grant_key,
    "secrets": entries.grant_key,
    "devices": entries.device_target,
    "dns": entries.name_of,
    "environment": entries.name_of,
    "env_file": entries.file_path,
    "expose": entries.name_of,
    "links": entries.name_of,
    "ports": entries.port_key,
    "profiles": entries.name_of,
    "sysctls": entries.name_of,
    "tmpfs": entries.name_of,
    "volumes": entries.volume_target,
}


class Merger:
    """Merges the documents of one project, with a budget for what aliases multiply."""

    def __init__(self) -> None:
        self._keys = 0

    def _may_merge(self, node: Node) -> bool:
        return budget.within(budget.COMPOSE_KEYS, self._keys, node)

    def merge(self, base: Node, over: Node, path: Path = ()) -> Node:
        """Return ``base`` with ``over`` put on it. ``path`` is where both lie: ``("services", "web", "ports")``."""
        if not budget.within(budget.COMPOSE_DEPTH, len(path), over) or not self._may_merge(over):
            return over
        if len(path) == 3 and path[0] == "services":
            special = self._merge_setting(base, over, path)
            if special is not None:
                return special
        elif path[-2:] == ("healthcheck", "test"):
            return over
        elif path[-2:] == ("build", "args") and len(path) == 4:
            return base.with_items([*entries.key_values(base), *entries.key_values(over)])
        if over.is_null or not over.present:
            return base
        if base.is_mapping and over.is_mapping:
            return self.merge_mappings(base, over, path)
        if base.is_sequence and over.is_sequence:
            self._keys += len(base.items())  # a long chain of extends hands its lists on and on
            return base.with_items([*base.items(), *over.items()])
        if base.is_scalar or over.is_scalar:
            return over
        return base  # a list against a mapping: Compose refuses it

    def merge_mappings(self, base: Node, over: Node, path: Path) -> Node:
        """Merge two mappings key by key; keys keep the order in which they first appear."""
        merged = {key.content: (key, value) for key, value in base.pairs()}
        for key, value in over.pairs():
            name = key.content
            self._keys += 1
            if name in merged:
                first_key, first = merged[name]
                merged[name] = (first_key, self.merge(first, value, (*path, name)))
            else:
                merged[name] = (key, value)
        return base.with_pairs(list(merged.values()))

    def _merge_setting(self, base: Node, over: Node, path: Path) -> Node | None:
        name = path[2]
        if name in _REPLACED:
            return over
        if name in _KEY_VALUE:
            return base.with_items([*entries.key_values(base), *entries.key_values(over)])
        if name in _NAMED:
            return self.merge_mappings(entries.as_mapping(base), entries.as_mapping(over), path)
        if name == "build":
            return self.merge_mappings(entries.build_mapping(base), entries.build_mapping(over), path)
        return None


def without_repetition(project: Node) -> Node:
    """Return a project whose services' lists hold each thing once: the later entry, at the earlier one's place.

    Services beyond those that are read stay as they are.
    """
    services = project["services"]
    if not services.is_mapping:
        return project
    pairs, most = services.pairs(), budget.COMPOSE_SERVICES.most
    unique_ones = [(key, _unique_service(service)) for key, service in pairs[:most]]
    if all(one is service for (_, one), (_, service) in zip(unique_ones, pairs, strict=False)):
        return project
    return with_value(project, "services", services.with_pairs([*unique_ones, *pairs[most:]]))


def _unique_service(service: Node) -> Node:
    if not service.has_any(_UNIQUE):
        return service
    changed = False
    pairs = []
    for key, value in service.pairs():
        index = _UNIQUE.get(key.content)
        if index is not None and value.is_sequence and len(items := value.items()) > 1:
            kept = unique(items, index)
            if len(kept) != len(items):
                value = value.with_items(kept)  # noqa: PLW2901 - the loop copies pairs
                changed = True
        pairs.append((key, value))
    return service.with_pairs(pairs) if changed else service


def unique(items: Iterable[Node], index: Index) -> list[Node]:
    """Keep the last of the items that ``index`` calls the same, at the place of the first.

    Items of branches of a template that exclude each other are alternatives, and all kept.
    """
    kept: dict[object, Node] = {}
    for item in items:
        key = index(item)
        if item.conditions and key in kept and exclude_each_other(kept[key].conditions, item.conditions):
            key = (key, item.start)
        kept[key] = item
    return list(kept.values())


def with_value(mapping: Node, name: str, value: Node) -> Node:
    """Return a mapping in which ``name`` has another value, or is added."""
    pairs = [(key, value if key.content == name else old) for key, old in mapping.pairs()]
    if not any(key.content == name for key, _ in pairs):
        pairs.append((entries.key_node(name, value), value))
    return mapping.with_pairs(pairs)


def without(mapping: Node, name: str) -> Node:
    """Return a mapping that lacks ``name``."""
    return mapping.with_pairs([(key, value) for key, value in mapping.pairs() if key.content != name])


def has_tags(root: Node) -> bool:
    """Whether a document may take something out of others."""
    text = root.source.text
    return "!reset" in text or "!override" in text


def take_tags(root: Node) -> tuple[Node, list[Path]]:
    """Return a document without what it tags ``!reset``, and the places that it takes out of the files before it.

    Those are the places of ``!reset`` and ``!override``.
    """
    places: list[Path] = []
    resets: list[Path] = []
    pending: list[tuple[Node, Path]] = [(root, ())]
    looked_at = 0
    while pending and budget.within(budget.COMPOSE_KEYS, looked_at, root):
        current, path = pending.pop()
        for key, value in current.pairs():
            looked_at += 1
            below = (*path, key.content)
            if value.tag in ("!reset", "!override"):
                places.append(below)
                if value.tag == "!reset":
                    resets.append(below)
            elif value.is_mapping and len(below) < budget.COMPOSE_DEPTH.most:
                pending.append((value, below))
    for place in resets:
        root = remove(root, place)
    return root, places


def remove(node: Node, path: Path) -> Node:
    """Return a project without what lies at ``path``."""
    if not path or not node.is_mapping or not node[path[0]].present:
        return node
    if len(path) == 1:
        return without(node, path[0])
    below = remove(node[path[0]], path[1:])
    return with_value(node, path[0], below)
