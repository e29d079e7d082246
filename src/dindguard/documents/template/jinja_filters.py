"""Filters and tests of Jinja that decide values; the input is their first argument."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from typing import Any

from dindguard.documents.template.answers import Answer, Known, Unknown
from dindguard.documents.template.functions import (
    Function,
    Functions,
    and_,
    dict_,
    join_,
    list_,
    not_,
    or_,
    print_,
    ternary_,
)  # fmt: skip
from dindguard.documents.template.scalar_functions import equal, length, number, word


def _jinja_default(arguments: Sequence[Answer]) -> Answer:
    value, fallback, *_ = (*arguments, Known(""))
    if isinstance(value, Unknown) or value.value is None:
        return fallback
    return value


def _bool(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "yes", "on", "1")


_JINJA_LENIENT: dict[str, Function] = {
    "default": _jinja_default, "d": _jinja_default, "to_json": lambda a: a[0], "tojson": lambda a: a[0],
    "to_yaml": lambda a: a[0], "to_nice_yaml": lambda a: a[0], "to_nice_json": lambda a: a[0],
    "indent": lambda a: a[0], "mandatory": lambda a: a[0], "safe": lambda a: a[0], "list": lambda a: a[0],
    "and": and_, "or": or_, "not": not_, "ternary": lambda a: ternary_([a[1], a[2], a[0]]), "concat": print_,
    "join": lambda a: join_([a[1] if len(a) > 1 else Known(""), a[0]]), "sequence": list_, "mapping": dict_,
}  # fmt: skip
_JINJA: dict[str, Callable[..., Any]] = {
    "bool": _bool, "int": lambda v, *_: number(v), "string": word, "lower": lambda v: word(v).lower(),
    "upper": lambda v: word(v).upper(), "trim": lambda v: word(v).strip(), "quote": word,
    "replace": lambda v, a, b: word(v).replace(word(a), word(b)), "eq": equal, "ne": lambda a, b: word(a) != word(b),
    "length": length, "basename": lambda v: posixpath.basename(word(v)), "dirname": lambda v: posixpath.dirname(word(v)),
}  # fmt: skip

JINJA = Functions(_JINJA_LENIENT, _JINJA)
