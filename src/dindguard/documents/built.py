"""Trees that a reader builds from its own tokens."""

from __future__ import annotations

from dindguard.documents.routes import join_route, route_key
from dindguard.documents.tree import Node, Pairs


def loaded(node: Node, children: Pairs | list[Node]) -> Node:
    """Return a mapping or sequence with its children."""
    return node.with_pairs(children) if node.is_mapping else node.with_items(children)  # type: ignore[arg-type]


def routed(root: Node, route: str) -> Node:
    """Give every node below ``root`` its route; routes of repeated names are equal."""
    stack = [(root, route)]
    while stack:
        node, way = stack.pop()
        node.route = way
        for key, value in node.pairs():
            below = join_route(way, route_key(key.content))
            key.route = below
            value.key = value.key or key
            stack.append((value, below))
        stack.extend((item, f"{way}[{index}]") for index, item in enumerate(node.items()))
    return root
