"""What charts ask of a value's kind: Sprig's ``kindIs`` and ``typeIs``, and Go's ``%T``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dindguard.documents.template.answers import Answer, Known, Unknown, text_of
from dindguard.documents.tree import Node


def kind_is(arguments: Sequence[Answer]) -> Answer:
    """Return whether a value is of a kind (``map``, ``slice``, ``string``)."""
    kind, value = arguments
    if isinstance(value, Unknown):
        return value
    return Known(_kind(value.value) == text_of(kind), value.steps)


def type_is(arguments: Sequence[Answer]) -> Answer:
    """Return whether a value is of a type of Go's."""
    wanted, value = arguments
    found = type_of(value)
    return found if isinstance(found, Unknown) else Known(found.value == text_of(wanted), found.steps)


_TYPES = {
    "map": "map[string]interface {}",
    "slice": "[]interface {}",
    "string": "string",
    "bool": "bool",
    "invalid": "<nil>",
}
"""Go's types of what YAML holds, by its kinds; a number's depends on the version of Helm."""


def type_of(value: Answer) -> Answer:
    """Return a value's type as Go writes it (``%T``)."""
    if isinstance(value, Unknown):
        return value
    name = _TYPES.get(_kind(value.value))
    return Unknown("type of a number") if name is None else Known(name, value.steps)


def _kind(value: Any) -> str:
    if isinstance(value, Node):
        return "map" if value.is_mapping else "slice"
    names = {bool: "bool", int: "int", float: "float64", str: "string", dict: "map", list: "slice"}
    return names.get(type(value), "invalid")
