"""What an expression looks at: read from its checked form, so that only that is handed over, and its places are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from dindguard.expressions.gates import Gate, gates
from dindguard.records import field, record


@record(eq=False)
class Need:
    """What is looked at of one value: attributes by name, and what is looked at of each item of a list or a map.

    ``asked`` are the attributes that ``has(…)`` asks for.
    """

    attributes: dict[str, Need] = field(default_factory=dict)
    items: list[Need] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def attribute(self, name: str) -> Need:
        """Return what is looked at of an attribute; looking is noted."""
        return self.attributes.setdefault(name, Need())

    def each(self) -> list[Need]:
        """Return what is looked at of each item; looking is noted. Those of a list that is put together are several."""
        if not self.items:
            self.items.append(Need())
        return self.items

    def join(self, other: Need) -> None:
        """Look at all that the other looks at, too."""
        for name, below in other.attributes.items():
            self.attribute(name).join(below)
        for each in other.items:
            self.each()[0].join(each)
        self.asked.update(other.asked)

    def paths(self) -> Iterator[tuple[str, ...]]:
        """Yield the ways from the value to attributes of it, in the order in which the expression comes to them."""
        for name, below in self.attributes.items():
            further = list(below.paths())
            yield from ((name, *path) for path in further)
            yield (name,)


class UnequalKindsError(Exception):
    """Two objects are compared: ``offset`` is where, in the expression, 0-based."""

    def __init__(self, offset: int) -> None:
        super().__init__("objects cannot be compared: compare their addresses")
        self.offset = offset


def looked_at(tree: bytes, variable: str) -> tuple[Need, tuple[Gate, ...]]:
    """Return what a checked expression looks at of its variable, and what has to be so for it to hold.

    Raises :class:`UnequalKindsError` for compared objects.
    """
    checked = _messages()["CheckedExpr"].FromString(_messages()["Any"].FromString(tree).value)
    root = Need()
    _Walk(checked).value(checked.expr, {variable: [root]})
    return root, tuple(gates(checked.expr, variable))


class _Walk:
    """Follows values through an expression: which needs the value of a part stands for."""

    def __init__(self, checked: Any) -> None:
        self._types = checked.type_map
        self._positions = checked.source_info.positions

    def value(self, expr: Any, scope: Mapping[str, list[Need]]) -> list[Need]:
        """Note what a part looks at, and return the needs of the values that it may be."""
        kind = expr.WhichOneof("kind")
        if kind == "ident":
            return scope.get(expr.ident.name.lstrip("."), [])
        if kind == "select":
            return self._select(expr.select, scope)
        if kind == "call":
            return self._call(expr, scope)
        if kind == "comprehension":
            return self._comprehension(expr.comprehension, scope)
        items = [need for each in expr.list.elements for need in self.value(each, scope)]
        for entry in expr.struct.entries:
            self.value(entry.map_key, scope)
            items += self.value(entry.value, scope)
        return [Need(items=items)] if items else []

    def _select(self, select: Any, scope: Mapping[str, list[Need]]) -> list[Need]:
        of = self.value(select.operand, scope)
        if select.test_only:
            for need in of:
                need.asked.add(select.field)
            return []
        return [need.attribute(select.field) for need in of]

    def _call(self, expr: Any, scope: Mapping[str, list[Need]]) -> list[Need]:
        call = expr.call
        parts = [*([call.target] if call.HasField("target") else []), *call.args]
        if call.function in ("_==_", "_!=_") and all(self._types[part.id].message_type for part in parts):
            raise UnequalKindsError(self._positions[expr.id])
        found = [self.value(part, scope) for part in parts]
        if call.function == "_[_]":
            return [item for need in found[0] for item in need.each()]
        if call.function == "_?_:_":
            return [*found[1], *found[2]]
        return [*found[0], *found[1]] if call.function == "_+_" else []

    def _comprehension(self, loop: Any, scope: Mapping[str, list[Need]]) -> list[Need]:
        items = [item for need in self.value(loop.iter_range, scope) for item in need.each()]
        keyed = {loop.iter_var: [], loop.iter_var2: items} if loop.iter_var2 else {loop.iter_var: items}
        inside = {**scope, **keyed, loop.accu_var: self.value(loop.accu_init, scope)}
        self.value(loop.loop_condition, inside)
        return self.value(loop.result, {**scope, loop.accu_var: self.value(loop.loop_step, inside)})


_EXPR = (
    ("Expr", (("id", 2, "int64"), ("const", 3, "Constant"), ("ident", 4, "Ident"), ("select", 5, "Select"), ("call", 6, "Call"),
              ("list", 7, "List"), ("struct", 8, "Struct"), ("comprehension", 9, "Comprehension"))),
    ("Constant", (("bool", 2, "bool"), ("string", 6, "string"))),
    ("Ident", (("name", 1, "string"),)),
    ("Select", (("operand", 1, "Expr"), ("field", 2, "string"), ("test_only", 3, "bool"))),
    ("Call", (("target", 1, "Expr"), ("function", 2, "string"), ("args", 3, "*Expr"))),
    ("List", (("elements", 1, "*Expr"),)),
    ("Struct", (("entries", 2, "*Entry"),)),
    ("Entry", (("map_key", 3, "Expr"), ("value", 4, "Expr"))),
    ("Comprehension", (("iter_var", 1, "string"), ("iter_range", 2, "Expr"), ("accu_var", 3, "string"),
                       ("accu_init", 4, "Expr"), ("loop_condition", 5, "Expr"), ("loop_step", 6, "Expr"),
                       ("result", 7, "Expr"), ("iter_var2", 8, "string"))),
    ("Type", (("message_type", 9, "string"),)),
    ("SourceInfo", (("positions", 4, "{int32"),)),
    ("Any", (("value", 2, "bytes"),)),
    ("CheckedExpr", (("type_map", 3, "{Type"), ("expr", 4, "Expr"), ("source_info", 5, "SourceInfo"))),
)  # fmt: skip
"""Of CEL's own serialised form (``cel/expr/syntax.proto``, ``checked.proto``) what is read: name, number, type; ``*`` repeats
it, ``{`` is a map from an expression's id."""
_ONE_OF = ("Expr", "Constant")
"""Of their members, but for the id, there is one."""


@cache
def _messages() -> Mapping[str, Any]:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="expr.proto", package="dindguard.expr", syntax="proto3")
    for name, members in _EXPR:
        message = file.message_type.add(name=name)
        if name in _ONE_OF:
            message.oneof_decl.add(name="kind")
        for member, number, form in members:
            added = _add(message, member, number, form)
            if name in _ONE_OF and member != "id":
                added.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"dindguard.expr.{name}"))
        for name, _ in _EXPR
    }


def _add(message: Any, name: str, number: int, form: str) -> Any:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Proto

    plain = {
        "int64": Proto.TYPE_INT64,
        "int32": Proto.TYPE_INT32,
        "string": Proto.TYPE_STRING,
        "bool": Proto.TYPE_BOOL,
        "bytes": Proto.TYPE_BYTES,
    }
    member = message.field.add(name=name, number=number)
    member.label = Proto.LABEL_REPEATED if form[0] in "*{" else Proto.LABEL_OPTIONAL
    if form[0] == "{":
        entry = message.nested_type.add(name="".join(part.title() for part in name.split("_")) + "Entry")
        entry.options.map_entry = True
        _add(entry, "key", 1, "int64")
        _add(entry, "value", 2, form[1:])
        member.type, member.type_name = Proto.TYPE_MESSAGE, f".dindguard.expr.{message.name}.{entry.name}"
    elif (of := form.lstrip("*")) in plain:
        member.type = plain[of]
    else:
        member.type, member.type_name = Proto.TYPE_MESSAGE, f".dindguard.expr.{of}"
    return member
