"""An object of the model as data for an expression: just what the expression looks at.

What is absent is ``None``. What the files do not decide is left out: an expression that comes to it cannot be evaluated,
unless it is decided without. A list with an item that nobody knows is not known as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dindguard import budget
from dindguard.enumerations import IntEnum, StrEnum
from dindguard.expressions import schema
from dindguard.expressions.language import given
from dindguard.expressions.needs import Need
from dindguard.expressions.schema import Shape
from dindguard.model.container_parts import Environment
from dindguard.model.values import UNKNOWN_PIECE, Flag, Text
from dindguard.source import HasSpan


class UnknownError(Exception):
    """A value that the files do not decide; ``at`` is its place, if it has one of its own."""

    def __init__(self, at: Text | Flag | None) -> None:
        super().__init__("not known")
        self.at = at


class TooMuchError(Exception):
    """An expression looks at more of one object than the budget has; that has been noted."""


class Data:
    """Makes data of objects, and remembers what it left out. ``lost`` has the unknown values by the attribute's name."""

    def __init__(self, subject: HasSpan) -> None:
        self._subject = subject
        self.lost: dict[str, Text | Flag | None] = {}
        self._count = 0

    def of(self, value: Any, shape: Shape, need: Need) -> Any:
        """Return a value as data. Raises :class:`UnknownError` when the files do not decide it."""
        self._count += 1
        if not budget.within(budget.EXPRESSION_VALUES, self._count, self._subject):
            raise TooMuchError
        if value is None:
            return None
        if shape.kind == "record":
            return self._record(value, shape.name, need)
        if shape.kind == "list":
            return self._list(value, shape, need)
        if shape.kind == "map":
            return self._map(value, shape, need)
        return _scalar(value)

    def _record(self, value: Any, name: str, need: Need) -> dict[str, Any]:
        found: dict[str, Any] = {}
        shapes = schema.fields(name)
        for attribute, below in need.attributes.items():
            try:
                found[attribute] = self.of(getattr(value, attribute, None), shapes[attribute], below)
            except UnknownError as error:
                self.lost.setdefault(attribute, error.at)
        for attribute in need.asked:
            found[given(attribute)] = getattr(value, attribute, None) is not None
        return found

    def _list(self, value: Iterable[Any], shape: Shape, need: Need) -> list[Any]:
        of, below = shape.of or schema.ANY, _together(need.items)
        items = [self.of(item, of, below) for item in value]
        return sorted(items) if isinstance(value, frozenset) else items

    def _map(self, value: Mapping[str, Any] | Environment, shape: Shape, need: Need) -> dict[str, Any]:
        of, below = shape.of or schema.ANY, _together(need.items)
        pairs = [(each.name, each) for each in value] if isinstance(value, Environment) else list(value.items())
        found: dict[str, Any] = {}
        for key, each in pairs:
            wanted = _together([*need.items, need.attributes[key]]) if key in need.attributes else below
            try:
                found[key] = self.of(each, of, wanted)
            except UnknownError as error:
                self.lost.setdefault(key, error.at)
        keys = {key for key, _ in pairs}
        return found | {given(name): name in keys for name in need.asked}


def _together(needs: list[Need]) -> Need:
    """Return what is looked at of an item; of several needs, all of it."""
    if len(needs) < 2:
        return needs[0] if needs else Need()
    whole = Need()
    for need in needs:
        whole.join(need)
    return whole


def _scalar(value: Any) -> Any:
    if isinstance(value, Text):
        if value.value is None:
            raise UnknownError(value)
        return value.value
    if isinstance(value, Flag):
        if value.state is None:
            raise UnknownError(value)
        return value.state
    if isinstance(value, (StrEnum, IntEnum)):
        return str(value)
    if isinstance(value, str) and UNKNOWN_PIECE in value:
        raise UnknownError(None)
    return value if isinstance(value, (bool, int, str)) else str(value)


def walked(subject: Any, path: Iterable[str]) -> list[Any]:
    """Return the values along a way of attributes, as far as there are any."""
    found, value = [], subject
    for name in path:
        value = getattr(value, name, None)
        if value is None:
            break
        found.append(value)
    return found


def words(value: Any) -> str:
    """Return a value as a message shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, Flag):
        return "unknown" if value.unknown else "on" if value.on else "off"
    if isinstance(value, (tuple, frozenset, Environment)) or type(value).__name__ == "Words":
        items = [words(getattr(each, "name", each)) for each in value]
        items = sorted(items) if isinstance(value, frozenset) else items
        return ", ".join(items[:_SHOWN]) + (" …" if len(items) > _SHOWN else "")
    return str(value).replace(UNKNOWN_PIECE, "…")


_SHOWN = 5
