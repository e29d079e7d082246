"""Functions of Go templates that take plain known values and give one."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from dindguard.documents.template.answers import Known, text_of
from dindguard.documents.tree import Node


def word(value: Any) -> str:
    """Return a scalar as text; raises for a structure."""
    text = text_of(Known(value))
    if text is None:
        raise TypeError
    return text


def number(value: Any) -> Any:
    """Return a scalar as a whole number; raises for none."""
    if isinstance(value, str):
        return int(value)
    if isinstance(value, (bool, int, float)):
        return int(value)
    raise TypeError


def equal(first: Any, *others: Any) -> bool:
    """Whether the first value is one of the others."""
    return any(word(first) == word(other) for other in others)


def length(value: Any) -> int:
    """Return how many items or characters a value has."""
    if isinstance(value, Node):
        return len(value.pairs()) or len(value.items())
    return len(value or "")


STRICT: dict[str, Callable[..., Any]] = {
    "quote": lambda *v: " ".join(map(word, v)), "squote": lambda *v: " ".join(map(word, v)), "toString": word,
    "int": number, "int64": number, "atoi": number, "lower": lambda v: word(v).lower(),
    "upper": lambda v: word(v).upper(), "trim": lambda v: word(v).strip(), "title": lambda v: word(v).title(),
    "trunc": lambda n, v: word(v)[:n] if n >= 0 else word(v)[n:],
    "trimSuffix": lambda s, v: word(v).removesuffix(word(s)), "trimPrefix": lambda s, v: word(v).removeprefix(word(s)),
    "trimAll": lambda s, v: word(v).strip(word(s)), "replace": lambda a, b, v: word(v).replace(word(a), word(b)),
    "contains": lambda s, v: word(s) in word(v), "hasPrefix": lambda s, v: word(v).startswith(word(s)),
    "hasSuffix": lambda s, v: word(v).endswith(word(s)), "eq": equal, "ne": lambda a, b: word(a) != word(b),
    "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
    "len": length, "add": lambda *v: sum(map(number, v)), "sub": lambda a, b: number(a) - number(b),
    "mul": lambda a, b: number(a) * number(b), "add1": lambda v: number(v) + 1, "dir": lambda v: posixpath.dirname(word(v)),
    "base": lambda v: posixpath.basename(word(v)), "clean": lambda v: posixpath.normpath(word(v)),
    "nospace": lambda v: word(v).replace(" ", ""), "fail": lambda *_: "",
}  # fmt: skip
