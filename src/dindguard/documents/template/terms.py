"""What template languages have in common: an expression is a term of values, fields and calls."""

from __future__ import annotations

from typing import TypeAlias

from dindguard.records import record


@record
class Literal:
    """A value that stands in the expression itself."""

    value: object


@record
class Variable:
    """A variable by its name: empty for the dot, ``$`` for the root, ``$x`` or ``x``."""

    name: str


@record
class Field:
    """Something below a term: ``.Values.image.tag`` is the field ``Values``, ``image``, ``tag`` of the dot."""

    of: Term
    path: tuple[str, ...]


@record
class Call:
    """A function with its arguments; a filter's input is its last one in Go and its first one in Jinja."""

    name: str
    arguments: tuple[Term, ...]
    named: tuple[tuple[str, Term], ...] = ()


@record
class Opaque:
    """An expression that its reader does not understand."""

    expression: str
    too_deep: bool = False
    """Whether it nests more deeply than its reader follows."""


Term: TypeAlias = "Literal | Variable | Field | Call | Opaque"


class NotUnderstoodError(Exception):
    """The expression is none that its reader knows."""


class TooDeepError(NotUnderstoodError):
    """The expression nests more deeply than its reader follows."""
