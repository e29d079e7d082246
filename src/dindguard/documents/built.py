"""Trees that a reader builds: from its own tokens, or from parts of a document that stand for another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dindguard.documents.routes import join_route, route_key
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.model.values import Text, inherited
from dindguard.source import Source


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


def word(at: Node, value: str | Text) -> Node:
    """Return a scalar that nobody wrote, or a part of one that somebody did; it stands for, and at, the place of ``at``."""
    text = inherited(value, at.span) if isinstance(value, str) else value
    return Node(Kind.SCALAR, at.source, at.start, at.end, route=at.route, content=text.pattern, filled=text)


def mapping(at: Node, values: Mapping[str, Node]) -> Node:
    """Return a mapping at a place; holes among the values are left out."""
    pairs = [(_named(value, name), value) for name, value in values.items() if value.present]
    return at.with_pairs(pairs)


def words(at: Node, values: Sequence[str | Text]) -> Node:
    """Return a list of scalars, all at one place."""
    return at.with_items([word(at, value) for value in values])


def with_pairs(node: Node, pairs: Pairs) -> Node:
    """Return a mapping like another one, by its tag as well, that holds other things."""
    made = node.with_pairs(pairs)
    made.tag = node.tag
    return made


def _named(value: Node, name: str) -> Node:
    """Return the key of a value: its own place, another name."""
    at = value.key or value
    return Node(Kind.SCALAR, at.source, at.start, at.end, route=value.route, content=name)


def held(node: Node, hint: str) -> Source:
    """Return the source of a tree that is handed on as a document of the format ``hint`` names."""
    return Source(node.source.path, "", hint=hint, parent=node.source)
