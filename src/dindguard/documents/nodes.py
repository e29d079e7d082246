"""What readers of formats ask of a node, and the keys that they put in its place."""

from __future__ import annotations

from dindguard.documents.tree import Kind, Node
from dindguard.model.values import Text


def written(node: Node) -> Text | None:
    """Return a scalar that somebody wrote; ``None`` for null and for what is not there."""
    return node.value if node.is_scalar and not node.is_null else None


def key_of(at: Node, name: str) -> Node:
    """Return a key that stands for what is written at ``at``."""
    return Node(Kind.SCALAR, at.source, at.start, at.end, content=name)
