"""Values, lists and mappings that a variable stands for: what is in them, nobody can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.documents.tree import Kind, Node
from dindguard.source import Notice, Source


def undecided(holder: Node, keys: Iterable[str]) -> Iterator[Notice]:
    """Yield a notice for each of the settings ``keys`` of ``holder`` that is a variable as a whole."""
    for name in (each for each in keys if each in holder):
        node = holder[name]
        places = node.items() if node.kind is Kind.SEQUENCE else [node]
        for place in places:
            text = place.filled if place.kind is Kind.SCALAR else None
            if text is not None and text.unknown and _stands_alone(place):
                message = f"{name} could not be decided: {text.variable} is not known here"
                yield Notice("undecided", message, place.span)


def variable(source: Source, start: int, end: int, route: str = "", key: Node | None = None) -> Node:
    """Return the value that the variable between two offsets will be: nobody knows it."""
    from dindguard.documents.placeholders import Holes

    content = source.text[start:end]
    hole = Holes(((0, end - start, content.strip("${}")),), {})
    return Node(Kind.SCALAR, source, start, end, route=route, content=content, key=key, scope=hole)


def _stands_alone(node: Node) -> bool:
    text = node.filled
    return text is not None and len(text.partial) == 1
