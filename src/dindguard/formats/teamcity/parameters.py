"""Parameters of builds: ``%name%`` in any setting, and variables of the steps' environment where a name begins with ``env.``.

Source: TeamCity's documentation, "Using Build Parameters" and "Levels and Priority of Build Parameters".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.scripts.layers import Layers

_REFERENCE = regex(r"%([A-Za-z][\w.\-]{0,200}+)%")
_KINDS = frozenset({"param", "text", "select", "checkbox"})
"""What the settings call parameters that have a value; a password's is none of theirs."""


class Parameters:
    """The parameters that hold in a project or a build, by their names."""

    def __init__(self, given: Layers[Node] | None = None) -> None:
        self._given: Layers[Node] = given or Layers()

    def within(self, block: Node) -> Parameters:
        """Return those that hold in a block, which may set some anew."""
        own = {
            value["0"].text: value["1"]
            for name, params in block.pairs()
            if name.content == "params" and params.is_mapping
            for key, value in params.pairs()
            if key.content in _KINDS and value.is_mapping and value["1"].is_scalar
        }
        return Parameters(self._given.within(own)) if own else self

    def written(self, name: str) -> Node | None:
        """Return the value of a parameter as it is written."""
        return self._given.get(name)

    def located(self, node: Node) -> Node:
        """Return a scalar in which references are holes, beside those of Kotlin's own."""
        found = [(*match.span(), match[1]) for match in _REFERENCE.finditer(node.content)] if node.is_scalar else []
        if not found:
            return node
        own = node.scope if isinstance(node.scope, Holes) else Holes((), {})
        places = sorted([*own.places, *found])
        return node.scoped(Holes(places, _Known(self, own), lambda name: self.written(name) or own.written(name)))

    def environment(self, script: str = "") -> Iterator[tuple[str, Node]]:
        """Yield the variables of the environment that engines' clients read, and those that a script names."""
        return self._given.seen_by(script, "env.")


class _Known(dict[str, Text]):
    """What names in one scalar stand for: parameters, and what Kotlin's own holes do."""

    def __init__(self, parameters: Parameters, own: Holes) -> None:
        super().__init__()
        self._parameters = parameters
        self._own = own

    def get(self, name: str, default: Any = None) -> Any:
        """Return what a name stands for; a parameter that refers to others is not known."""
        written = self._parameters.written(name)
        if written is None:
            return self._own.values.get(name, default)
        return default if "%" in written.content else written.value
