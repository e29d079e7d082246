"""What has to be so for an expression to hold, told without evaluating it: most rules have nothing to say of most objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dindguard.enumerations import StrEnum
from dindguard.model.container_parts import Environment
from dindguard.model.values import Flag, Text
from dindguard.records import record


class Asked(StrEnum):
    """What is asked of an attribute."""

    HOLDS = "it is true"
    THERE = "it is there"
    ITEMS = "it has items"
    ONE_OF = "it is one of some texts"
    NONE_OF = "it is none of some texts"


@record
class Gate:
    """A condition on one attribute without which an expression never holds."""

    path: tuple[str, ...]
    test: Asked
    texts: frozenset[str] = frozenset()

    def closed(self, subject: Any) -> bool:
        """Whether the expression cannot hold for an object; what nobody knows closes nothing."""
        value = subject
        for name in self.path:
            if value is None:
                return self.test is Asked.THERE
            if isinstance(value, (Environment, Mapping)):
                return False  # a key of a map is no attribute
            value = getattr(value, name, None)
        if value is None:
            return self.test in (Asked.THERE, Asked.ONE_OF)
        if isinstance(value, (Flag, Text)):
            value = value.state if isinstance(value, Flag) else value.value
        if self.test is Asked.HOLDS:
            return value is False
        if self.test is Asked.ITEMS:
            return isinstance(value, (tuple, frozenset)) and not value
        if not isinstance(value, str) or self.test is Asked.THERE:
            return False
        return (str(value) in self.texts) is (self.test is Asked.NONE_OF)


def gates(expr: Any, variable: str) -> Iterator[Gate]:
    """Yield the gates of a checked expression: one for each part of a conjunction that is simple enough."""
    call = expr.call
    if call.function == "_&&_":
        for part in call.args:
            yield from gates(part, variable)
        return
    found = _compared(call, variable) if expr.HasField("call") else _looked_for(expr, variable)
    if found is not None:
        yield found


def _looked_for(expr: Any, variable: str) -> Gate | None:
    loop = expr.comprehension
    if expr.HasField("comprehension"):  # of those whose value is a flag, `exists` alone begins with no
        path = _path(loop.iter_range, variable)
        exists = loop.accu_init.HasField("const") and loop.accu_init.const.WhichOneof("kind") == "bool"
        return Gate(path, Asked.ITEMS) if path and exists and not loop.accu_init.const.bool else None
    path = _path(expr, variable)
    return Gate(path, Asked.THERE if expr.select.test_only else Asked.HOLDS) if path else None


def _compared(call: Any, variable: str) -> Gate | None:
    """Return the gate of a comparison with texts."""
    if call.function not in ("_==_", "_!=_", "@in"):
        return None
    path, texts = _path(call.args[0], variable), _texts(call.args[1])
    if not path or texts is None:
        return None
    return Gate(path, Asked.NONE_OF if call.function == "_!=_" else Asked.ONE_OF, texts)


def _texts(expr: Any) -> frozenset[str] | None:
    parts = list(expr.list.elements) if expr.HasField("list") else [expr]
    if not all(part.const.WhichOneof("kind") == "string" for part in parts):
        return None
    return frozenset(part.const.string for part in parts)


def _path(expr: Any, variable: str) -> tuple[str, ...]:
    names: list[str] = []
    while expr.HasField("select"):
        names.append(expr.select.field)
        expr = expr.select.operand
    return tuple(reversed(names)) if expr.ident.name.lstrip(".") == variable else ()
