"""Aliases make a short text a large tree: they are followed until what all of them repeat comes to a limit.

What a collection weighs is the number of values below it, with those that its own aliases repeat; every alias adds the
weight of what it stands for. Counted once, in the order of the text and before anybody looks at the tree, so that who
looks, and how often, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any, TypeAlias

from dindguard import budget
from dindguard.documents.kinds import Unread

YamlNode: TypeAlias = Any


class _Counted:
    """A collection whose weight is being counted."""

    __slots__ = ("parts", "raw", "weight")

    def __init__(self, raw: YamlNode) -> None:
        self.raw = raw
        self.weight = len(raw.value)
        self.parts = _collections(raw)


def bound(root: YamlNode) -> None:
    """Put unread collections in place of aliases, from where these repeat too many values on.

    A collection that holds itself has no end: inside of itself it is empty, and nothing is lost by that.
    """
    left = budget.ALIASED_VALUES.most
    weights: dict[int, int | None] = {id(root): None}
    stack = [_Counted(root)]
    while stack:
        top = stack[-1]
        index, part, each = next(top.parts, (0, 0, None))
        if each is None:
            stack.pop()
            weights[id(top.raw)] = top.weight
            if stack:
                stack[-1].weight += top.weight
        elif id(each) not in weights:
            weights[id(each)] = None
            stack.append(_Counted(each))
        elif (weight := weights[id(each)]) is not None and weight <= left:
            left -= weight
            top.weight += weight
        else:
            circle = weights[id(each)] is None
            _replace(top.raw.value, index, part, _hollow(each, [] if circle else Unread()))


def _collections(raw: YamlNode) -> Iterator[tuple[int, int, YamlNode]]:
    """Yield what is no scalar, and not empty, among the keys, values or items of a collection, with where it is in it."""
    for index, item in enumerate(raw.value):
        for part, each in enumerate(item if isinstance(item, tuple) else (item,)):
            if each.id != "scalar" and each.value:
                yield index, part, each


def _hollow(raw: YamlNode, value: list[Any] | Unread) -> YamlNode:
    """Return a collection at the same place that holds ``value`` and nothing of its own."""
    left = copy(raw)
    left.value = value
    return left


def _replace(items: list[Any], index: int, part: int, new: YamlNode) -> None:
    """Put a node into the items, or the pairs, of a collection."""
    item = items[index]
    items[index] = (*item[:part], new, *item[part + 1 :]) if isinstance(item, tuple) else new
