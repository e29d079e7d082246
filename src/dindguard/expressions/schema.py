"""The model as types that an expression can be checked against: each kind of object with its attributes.

The types are read from the annotations of the model's records and properties, which ``docs/model.md`` shows as well, so
that an attribute is there for expressions as soon as it is there for rules.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any

import dindguard.model
from dindguard.enumerations import IntEnum, StrEnum
from dindguard.records import record
from dindguard.source import Span, Step


@record
class Shape:
    """What an attribute is for an expression.

    ``kind`` is ``bool``, ``int``, ``string``, ``list``, ``map`` (its keys are texts), ``record`` or ``any``. ``of`` is what a
    list or a map holds, ``name`` the record's. Every attribute may be absent, which is ``null``.
    """

    kind: str
    of: Shape | None = None
    name: str = ""


BOOL, INT, STRING, ANY = Shape("bool"), Shape("int"), Shape("string"), Shape("any")
_PLAIN: Mapping[str, Shape] = {
    "bool": BOOL, "Flag": BOOL, "int": INT, "str": STRING, "Text": STRING,
    "Words": Shape("list", STRING), "Environment": Shape("map", Shape("record", name="EnvVar")),
}  # fmt: skip
_LISTS = ("tuple", "frozenset")
_ELSEWHERE: tuple[type[Any], ...] = (Span, Step)


@cache
def fields(name: str) -> Mapping[str, Shape]:
    """Return the attributes of a record of the model that an expression can use, in the order of the source.

    One of several records (``Engine|Machine``) has those of all; what is none of its own is absent.
    """
    found: dict[str, Shape] = {}
    if "|" in name:
        for attribute, one in (pair for each in name.split("|") for pair in fields(each).items()):
            found[attribute] = one if found.get(attribute, one) == one else ANY
        return found
    for kind in reversed(_records()[name].__mro__):
        for attribute, annotation in _annotated(kind):
            shape = _shape(ast.parse(annotation, mode="eval").body)
            if shape is not None:
                found[attribute] = shape
    return found


def names() -> tuple[str, ...]:
    """Return the names of all records, sorted."""
    return tuple(sorted(set(_records()) - {"Flag", "Text", "Words"}))


@cache
def _records() -> Mapping[str, type[Any]]:
    found: dict[str, type[Any]] = {kind.__name__: kind for kind in _ELSEWHERE}
    for kind in kinds():
        if hasattr(kind, "__record_fields__"):
            found[kind.__name__] = kind
    return found


@cache
def _enumerations() -> frozenset[str]:
    return frozenset(kind.__name__ for kind in kinds() if issubclass(kind, (StrEnum, IntEnum)))


@cache
def kinds() -> tuple[type[Any], ...]:
    """Return the public classes of the model's modules, then the vocabulary's, in the order of the source."""
    modules = [
        importlib.import_module(f"dindguard.model.{each.name}")
        for each in pkgutil.iter_modules(dindguard.model.__path__)
    ]
    modules.append(importlib.import_module("dindguard.vocabulary"))
    return tuple(
        kind
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__ and not name.startswith("_")
    )


def _annotated(kind: type[Any]) -> list[tuple[str, str]]:
    """Return the public fields and properties of a class with their annotations."""
    own = [(name, str(form)) for name, form in kind.__dict__.get("__annotations__", {}).items()]
    for name, value in kind.__dict__.items():
        getter = value.fget if isinstance(value, property) else getattr(value, "func", None)
        returns = getattr(getter, "__annotations__", {}).get("return")
        if isinstance(returns, str):
            own.append((name, returns))
    return [(name, form) for name, form in own if not name.startswith("_") and not form.startswith("ClassVar")]


def _shape(node: ast.expr) -> Shape | None:
    """Return the shape of an annotation; ``None`` for what no expression can use."""
    if isinstance(node, ast.BinOp):
        return _union([each for each in _members(node) if not _is_none(each)])
    if isinstance(node, ast.Name):
        if node.id in _PLAIN:
            return _PLAIN[node.id]
        if node.id in _enumerations():
            return STRING
        return Shape("record", name=node.id) if node.id in _records() else None
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return _collection(node.value.id, node.slice)
    return None


def _collection(name: str, inside: ast.expr) -> Shape | None:
    items = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if name in _LISTS:
        variadic = len(items) == 1 or (
            len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is ...
        )
        of = _shape(items[0]) if variadic else None
        return Shape("list", of) if of is not None else None
    if name == "Mapping" and isinstance(items[0], ast.Name) and items[0].id == "str":
        of = _shape(items[1])
        return Shape("map", of) if of is not None else None
    return None


def _members(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [*_members(node.left), *_members(node.right)]
    return [node]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _union(members: list[ast.expr]) -> Shape | None:
    """Return the shape of one of several: of all of them when they agree, any value for a text or a flag."""
    shapes = list(dict.fromkeys(_shape(each) for each in members))
    if len(shapes) == 1:
        return shapes[0]
    if all(shape is not None and shape.kind == "record" for shape in shapes):
        return Shape("record", name="|".join(shape.name for shape in shapes if shape is not None))
    return ANY if set(shapes) <= {BOOL, STRING, INT} else None
