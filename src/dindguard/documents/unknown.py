"""Whole lists and mappings that a template's variable stands for: what is in them, nobody can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.documents.tree import Kind, Node
from dindguard.source import Notice


def undecided(holder: Node, keys: Iterable[str]) -> Iterator[Notice]:
    """Yield a notice for each of the settings ``keys`` of ``holder`` that is a variable as a whole."""
    for name in keys:
        node = holder[name]
        places = node.items() if node.kind is Kind.SEQUENCE else [node]
        for place in places:
            text = place.filled
            if place.kind is Kind.SCALAR and text is not None and text.unknown and _stands_alone(place):
                message = f"{name} could not be decided: {text.variable} is not known here"
                yield Notice("undecided", message, place.span)


def _stands_alone(node: Node) -> bool:
    text = node.filled
    return text is not None and len(text.partial) == 1
