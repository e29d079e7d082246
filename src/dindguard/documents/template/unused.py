"""Named templates that nothing in sight writes anywhere: whoever uses them gets what is in them all the same."""

from __future__ import annotations

from dindguard.documents.routes import route_key
from dindguard.documents.tree import Kind, Node, Pairs

_OF_CONTAINERS = frozenset(
    {"securityContext", "args", "command", "env", "envFrom", "volumeMounts", "ports", "resources"}
)
_OF_PODS = frozenset({"containers", "initContainers", "spec", "template"})


def as_document(name: str, body: Node) -> Node | None:
    """Return a document that holds what a named template writes, where that is a pod or a container; else ``None``.

    A container, or a list of them, stands in a pod that nobody wrote; ``name`` is the key above it.
    """
    if body.kind is Kind.MAPPING and _OF_PODS.intersection(body.keys()):
        return _holding(name, body)
    if _is_container(body):
        return _holding(name, _holding("containers", _holding("", body).with_items([body])))
    if body.kind is Kind.SEQUENCE and any(map(_is_container, body.items())):
        return _holding(name, _holding("containers", body))
    return None


def _is_container(node: Node) -> bool:
    keys = node.keys()
    return node.is_mapping and "image" in keys and bool(_OF_CONTAINERS.intersection(keys))


def _holding(name: str, value: Node) -> Node:
    """Return a mapping of one key, at the place of its value."""
    key = Node(Kind.SCALAR, value.source, value.start, value.start, route=name, content=name)
    route = route_key(name).removeprefix(".")

    def pairs(_: Node) -> Pairs:
        return [(key, _keyed(value, key).moved(route))]

    start = max(value.start - 1, 0)  # not the place of what it holds: that would be a part that holds itself
    return Node(Kind.MAPPING, value.source, start, value.end, children=pairs, conditions=value.conditions)


def _keyed(value: Node, key: Node) -> Node:
    copy = value.with_pairs(value.pairs()) if value.is_mapping else value.with_items(value.items())
    copy.key = key
    return copy
