"""All nodes of a tree, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.documents.kinds import Kind

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source


def walk(top: Node, *, again: bool) -> Iterator[Node]:
    """Yield a node and all below it, depth first; a shared part once on its way, or once at all if not ``again``."""
    stack: list[tuple[Node, bool]] = [(top, False)]
    above: set[tuple[Source, int, int]] = set()
    repeated = -len(top.source.text)  # what is written has no more values than characters
    while stack:
        node, done = stack.pop()
        place = (node.source, node.start, node.end)
        if done or (place in above and not again):
            above -= {place} if done else set()
            continue
        repeated += 1
        if not budget.within(budget.SEARCHED_NODES, repeated, top):
            return
        yield node
        if node.kind is not Kind.SCALAR and place not in above:
            above.add(place)
            stack.extend([(node, True)] if again else ())
            stack.extend((child, False) for child in reversed(node.values() or node.items()))
