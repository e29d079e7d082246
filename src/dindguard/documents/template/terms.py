"""What template languages have in common: an expression is a term of values, fields and calls."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
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

    @cached_property
    def words(self) -> str:
        """The field as people write it."""
        return f"{written(self.of)}.{'.'.join(self.path)}"


@record
class Call:
    """A function with its arguments; a filter's input is its last one in Go and its first one in Jinja."""

    name: str
    arguments: tuple[Term, ...]
    named: tuple[tuple[str, Term], ...] = ()

    @cached_property
    def words(self) -> str:
        """The call as people write it; of a wrapper, what it is about."""
        if self.name in _WRAPPERS and self.arguments:
            return _longest(self.arguments)
        return f"{self.name} {' '.join(map(_bracketed, self.arguments))}".strip()


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


def written(term: Term) -> str:
    """Return a term as people write it, for the name of something unknown."""
    if isinstance(term, Variable):
        return term.name
    if isinstance(term, Literal):
        return f'"{term.value}"' if isinstance(term.value, str) else str(term.value)
    return term.expression if isinstance(term, Opaque) else term.words


_WRAPPERS = frozenset({"default", "quote", "toYaml", "nindent", "indent", "tpl", "toString", "int"})
"""Functions that say less of a value than their argument."""


def _bracketed(term: Term) -> str:
    text = written(term) or "."
    return f"({text})" if isinstance(term, Call) and " " in text else text


def _longest(terms: Iterable[Term]) -> str:
    """Return the argument that a wrapper is about: the field, not the fallback or the number of columns."""
    fields = [each for each in terms if not isinstance(each, Literal)]
    return written(fields[0]) if fields else written(next(iter(terms)))
