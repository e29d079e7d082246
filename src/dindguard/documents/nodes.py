"""What readers of formats ask of a node, and the keys that they put in its place."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard import budget
from dindguard.compact import shared
from dindguard.documents.tree import Kind, Node
from dindguard.model.values import Text


def written(node: Node) -> Text | None:
    """Return a scalar that somebody wrote; ``None`` for null and for what is not there."""
    return None if node.kind is not Kind.SCALAR or node.is_null else node.value


def key_of(at: Node, name: str) -> Node:
    """Return a key that stands for what is written at ``at``."""
    return Node(Kind.SCALAR, at.source, at.start, at.end, content=name)


def further(at: Node, *ways: tuple[str, ...]) -> tuple[Text, ...]:
    """Return what is written at these ways below a node, each scalar as ``way=value``; mappings in any order are equal."""
    found: list[Text] = []
    for way in ways:
        if way[0] in at:
            for text in _scalars(at.at(*way), ".".join(way)):
                if not budget.within(budget.FURTHER_SETTINGS, len(found) + 1, at):
                    return tuple(found)
                found.append(text)
    return tuple(found)


def _scalars(node: Node, name: str, level: int = 0) -> Iterator[Text]:
    """Yield the scalars below a node. The words of an inner list are one: their order may matter."""
    if node.is_scalar:
        yield Text(shared(f"{name}={node.value}"), node.span)
    elif not budget.within(budget.SETTING_LEVELS, level, node):
        return
    elif level and node.is_sequence and all(item.is_scalar for item in node.items()):
        most = budget.FURTHER_SETTINGS.most
        yield Text(shared(f"{name}={[str(item.value) for item in node.items()[:most]]}"), node.span)
    else:
        for item in node.items():
            yield from _scalars(item, name, level + 1)
        for key, value in node.pairs():
            yield from _scalars(value, f"{name}.{key.content}", level + 1)
