"""Variables of blocks that lie in blocks, and which of them matter to a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, Self, TypeVar

from dindguard.patterns import regex
from dindguard.vocabulary import CLIENT_VARIABLES

Value = TypeVar("Value")

_NAME = regex(r"[A-Za-z_]\w*")


class Layers(Generic[Value]):
    """The variables that hold in a block: its own, and below them those of what it lies in. Nothing is copied."""

    def __init__(self, own: Mapping[str, Value] | None = None, above: Layers[Value] | None = None) -> None:
        self._own = dict(own or {})
        self._above = above

    def within(self, own: Mapping[str, Value]) -> Self:
        """Return those that hold in a block that has some of its own."""
        return type(self)(own, self) if own else self

    def give(self, name: str, value: Value) -> None:
        """Give one of this block's own a value from here on."""
        self._own[name] = value

    def get(self, name: str) -> Value | None:
        """Return what a variable holds; ``None`` if none is called so."""
        layer: Layers[Value] | None = self
        while layer is not None:
            if (found := layer._own.get(name)) is not None:
                return found
            layer = layer._above
        return None

    def values(self) -> Iterator[Value]:
        """Yield all of them, the outer ones first."""
        layers: list[Layers[Value]] = [self]
        while (above := layers[-1]._above) is not None:
            layers.append(above)
        for layer in reversed(layers):
            yield from layer._own.values()

    def seen_by(self, script: str, prefix: str = "") -> Iterator[tuple[str, Value]]:
        """Yield those that every client of an engine reads, and those that a script names; ``prefix`` stands before all names."""
        for name in dict.fromkeys((*CLIENT_VARIABLES, *_NAME.findall(script))):
            value = self.get(prefix + name)
            if value is not None:
                yield name, value
