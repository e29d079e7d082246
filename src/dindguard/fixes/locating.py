"""From a place in a file to the nodes of its tree that hold it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from dindguard.documents.tree import Kind, Node

Chain = tuple[Node, ...]
"""The nodes from a document's root down to one; each but the first is a child of the one before."""


def children(node: Node) -> Sequence[Node]:
    """Return the values of a mapping or the items of a list that are written in it: no aliases, nothing merged."""
    if node.kind is Kind.MAPPING:
        return [value for key, value in node.pairs() if not key.trail[len(node.trail) :]]
    return node.items()


class Once:
    """Goes down a tree that holds aliases: what was seen is not gone into again, wherever it is repeated."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int, Kind]] = set()

    def below(self, node: Node) -> Sequence[Node]:
        """Return the children of a node that is met for the first time."""
        place = node.start, node.end, node.kind
        if node.kind is Kind.SCALAR or place in self._seen:
            return ()
        self._seen.add(place)
        return children(node)


def extent(node: Node) -> tuple[int, int]:
    """Return where an entry begins and ends: its key too, and the alias that stands for its value."""
    if node.key is None:
        return node.start, _end(node)
    if node.start < node.key.end:
        alias = re.compile(r"\s*:\s*\*[^\s,\[\]{}]+").match(node.source.text, node.key.end)
        return node.key.start, alias.end() if alias else node.key.end
    end = _end(node)
    if end <= node.key.end:  # nothing is written behind the key
        colon = node.source.text.find(":", node.key.end)
        end = max(node.key.end, colon + 1)
    return node.key.start, end


def _end(node: Node) -> int:
    """Return where a node ends, without the blanks that block scalars and tables may end with."""
    text = node.source.text
    return node.start + len(text[node.start : node.end].rstrip())


class Extents:
    """Where the children of nodes begin and end, for whoever looks for many places in one tree."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Node, Sequence[Node], list[int]]] = {}

    def near(self, node: Node, start: int) -> Sequence[Node]:
        """Return the children that may hold what begins at ``start``, in their order: all of those that lie in no order."""
        known = self._known.get(id(node))
        if known is None:
            below = children(node)
            extents = [extent(each) for each in below]
            ordered = all(one[1] <= other[0] for one, other in pairwise(extents))
            known = self._known[id(node)] = (node, below, [first for first, _ in extents] if ordered else [])
        _, below, firsts = known
        if not firsts:
            return below
        at = bisect_right(firsts, start)
        return below[max(0, at - 2) : at]  # what is empty may lie at the end of one and at the start of the next


def chain_at(
    roots: Sequence[Node], start: int, end: int, *, scattered: bool = False, extents: Extents | None = None
) -> Chain | None:
    """Return the way to the smallest node whose entry holds the characters ``[start, end)``; ``None`` without one.

    ``scattered`` is for syntaxes in which a table's entries may stand outside of its own place (TOML).
    """
    for root in roots:
        found = (
            _descent_everywhere((root,), start, end)
            if scattered
            else _descent(root, start, end, extents or Extents())
        )
        if found is not None and (len(found) > 1 or _holds(root, start, end)):
            return found
    return None


def _descent(root: Node, start: int, end: int, extents: Extents) -> Chain | None:
    way = [root]
    while (below := next((each for each in _new(way, start, extents) if _holds(each, start, end)), None)) is not None:
        way.append(below)
    return tuple(way) if len(way) > 1 or _holds(way[0], start, end) else None


def _new(way: Sequence[Node], start: int, extents: Extents) -> Iterator[Node]:
    """Yield the children of the last node but for those on the way: an item may be an alias of what holds it."""
    places = {(each.start, each.end, each.kind) for each in way if each.kind is not Kind.SCALAR}
    return (each for each in extents.near(way[-1], start) if (each.start, each.end, each.kind) not in places)


def _descent_everywhere(chain: Chain, start: int, end: int) -> Chain | None:
    """Look into tables wherever they are: TOML, whose reader allows for no more levels than this may go down."""
    for child in children(chain[-1]):
        if child.kind is not Kind.SCALAR and child.style == "block":
            found = _descent_everywhere((*chain, child), start, end)
            if found is not None:
                return found
        elif _holds(child, start, end):
            return _descent_everywhere((*chain, child), start, end)
    return chain if _holds(chain[-1], start, end) else None


def _holds(node: Node, start: int, end: int) -> bool:
    first, last = extent(node)
    return first <= start and end <= last


def anchor(node: Node) -> str:
    """Return the name of the anchor that a node defines, or ``""``."""
    found = re.compile(r"(?:!\S*\s+)?&([^\s,\[\]{}]+)").match(node.source.text, node.start)
    return found[1] if found and node.style not in ("single", "double") else ""


def aliases(text: str, name: str) -> int:
    """Return how often an anchor is used."""
    return len(re.findall(rf"(?<![\w&])\*{re.escape(name)}(?=[\s,\]}}]|$)", text))
