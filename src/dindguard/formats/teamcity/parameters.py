"""Parameters of builds: ``%name%`` in any setting, and variables of the steps' environment where a name begins with ``env.``.

Source: TeamCity's documentation, "Using Build Parameters" and "Levels and Priority of Build Parameters".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.model.values import Text
from dindguard.patterns import regex

_REFERENCE = regex(r"%([A-Za-z][\w.\-]{0,200}+)%")
_NAME = regex(r"[A-Za-z_]\w*")
_KINDS = frozenset({"param", "text", "select", "checkbox"})
"""What the settings call parameters that have a value; a password's is none of theirs."""
_OF_CLIENTS = (
    "DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONTEXT", "DOCKER_API_VERSION", "DOCKER_CONFIG",
    "CONTAINER_HOST", "BUILDKIT_HOST", "STORAGE_DRIVER", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME",
)  # fmt: skip
"""Variables that every client of an engine reads; others matter to a script that names them."""


class Parameters:
    """The parameters that hold in a project or a build, by their names: its own, and those of what it lies in."""

    def __init__(self, own: dict[str, Node] | None = None, above: Parameters | None = None) -> None:
        self._own = own or {}
        self._above = above

    def within(self, block: Node) -> Parameters:
        """Return those that hold in a block, which may set some anew."""
        own = {
            value["0"].text: value["1"]
            for name, params in block.pairs()
            if name.content == "params" and params.is_mapping
            for key, value in params.pairs()
            if key.content in _KINDS and value.is_mapping and value["1"].is_scalar
        }
        return Parameters(own, self) if own else self

    def written(self, name: str) -> Node | None:
        """Return the value of a parameter as it is written."""
        layer: Parameters | None = self
        while layer is not None:
            if (found := layer._own.get(name)) is not None:
                return found
            layer = layer._above
        return None

    def located(self, node: Node) -> Node:
        """Return a scalar in which references are holes, beside those of Kotlin's own."""
        found = [(*match.span(), match[1]) for match in _REFERENCE.finditer(node.content)] if node.is_scalar else []
        if not found:
            return node
        own = node.scope if isinstance(node.scope, Holes) else Holes((), {})
        places = sorted([*own.places, *found])
        return node.scoped(Holes(places, _Known(self, own), lambda name: self.written(name) or own.written(name)))

    def of_clients(self) -> Iterator[tuple[str, Node]]:
        """Yield the variables of the environment that engines' clients read, with their values."""
        return self._environment(_OF_CLIENTS)

    def named_in(self, script: str) -> Iterator[tuple[str, Node]]:
        """Yield those, and further variables of the environment that a script names."""
        return self._environment(dict.fromkeys((*_OF_CLIENTS, *_NAME.findall(script))))

    def _environment(self, names: Iterable[str]) -> Iterator[tuple[str, Node]]:
        for name in names:
            value = self.written(f"env.{name}")
            if value is not None:
                yield name, value


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
