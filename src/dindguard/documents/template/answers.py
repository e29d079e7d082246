"""What the expressions of a template stand for: values that the files decide, and those that they do not."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, Protocol, TypeAlias

from dindguard.documents.tree import Kind, Node
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.source import SET_HERE, Step


@record(slots=True)
class Known:
    """A value that the files decide, and the places that say so.

    ``value`` is ``None`` (nothing), a boolean, a number, a string, a mapping or sequence of a file
    (:class:`~dindguard.documents.tree.Node`), a ``list`` or ``dict`` of answers, or a :class:`Namespace`.
    """

    value: Any
    steps: tuple[Step, ...] = ()


@record(slots=True)
class Unknown:
    """What the files do not decide: ``name`` is what would have to be known, ``partial`` the text as far as it is."""

    name: str
    partial: str = UNKNOWN_PIECE
    steps: tuple[Step, ...] = ()


Answer: TypeAlias = Known | Unknown


class Namespace(Protocol):
    """Something whose fields templates may ask for: Helm's root, ``.Chart``."""

    def field(self, name: str) -> Answer:
        """Return a field's value."""


NOTHING = Known(None)
_INTEGER = regex(r"[-+]?(?:0|[1-9]\d{0,17})$")
_FLOAT = regex(r"[-+]?\d+\.\d*(?:[eE][-+]?\d+)?$")
_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})


def of_node(node: Node) -> Answer:
    """Return what a place of a values file holds, as YAML 1.1 reads it; found once, for templates ask for few places often."""
    if node.kind is Kind.HOLE:
        return NOTHING
    found = node.answer
    if found is None:
        steps = (Step(SET_HERE, node.source.span(node.start, node.end, node.route)),)
        # A collection keeps its steps alone: with an answer that holds it, it would not go with its last user.
        found = node.answer = _of_scalar(node, steps) if node.kind is Kind.SCALAR else steps
    return Known(node, found) if node.kind is not Kind.SCALAR else found


def _of_scalar(node: Node, steps: tuple[Step, ...]) -> Answer:
    text = node.content
    if node.filled is not None and node.filled.unknown:
        return Unknown(node.filled.variable, node.filled.pattern, steps)
    if node.is_null:
        return Known(None, steps)
    return Known(text if node.style else _plain(text), steps)


def _plain(text: str) -> Any:
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def field(answer: Answer, name: str, expression: str) -> Answer:
    """Return what stands under ``name`` in an answer; ``expression`` names what is asked for."""
    found = None if isinstance(answer, Unknown) else held(answer.value, name)
    return found if found is not None else Unknown(expression)


def held(value: Any, name: str) -> Answer | None:
    """Return what stands under ``name`` in a known value; ``None`` for what a namespace does not know."""
    if isinstance(value, Node):
        return of_node(value[name])
    if isinstance(value, dict):
        found = value.get(name)
        return found if isinstance(found, (Known, Unknown)) else NOTHING
    if value is None or isinstance(value, (str, bool, int, float, list)):
        return NOTHING
    found = value.field(name)
    return None if isinstance(found, Unknown) else found


def truth(answer: Answer) -> bool | None:
    """Return whether a condition takes the answer for true; ``None`` when the files do not decide it."""
    if isinstance(answer, Unknown):
        return None
    value = answer.value
    if isinstance(value, Node):
        return bool(value.pairs() or value.items())
    return bool(value) if value is None or isinstance(value, (bool, int, float, str, list, dict)) else True


def text_of(answer: Answer) -> str | None:
    """Return the text that an answer prints; ``None`` for what is unknown or no scalar."""
    if isinstance(answer, Unknown):
        return None
    value = answer.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (int, str)):
        return str(value)
    return "" if value is None else None


def alike(one: Answer, other: Answer) -> bool:
    """Whether two answers say the same, as far as they are known: nobody can tell one unknown from another.

    Structures that hold too much to compare are not alike.
    """
    waiting, compared = [(one, other)], 0
    while waiting:
        each, beside = waiting.pop()
        compared += 1
        inside = _compared(each, beside) if compared <= _COMPARED else None
        if inside is None:
            return False
        waiting += inside
    return True


_COMPARED = 200
"""A named template that calls itself with more than this goes on to the limit of depth, and meets it there."""


def _compared(one: Answer, other: Answer) -> list[tuple[Answer, Answer]] | None:
    """Return which parts decide whether two answers are alike; ``None`` when they are not."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return [] if isinstance(one, Unknown) and isinstance(other, Unknown) else None
    value, beside = one.value, other.value
    if isinstance(value, dict) and isinstance(beside, dict):
        return [(value[name], beside[name]) for name in value] if value.keys() == beside.keys() else None
    if isinstance(value, list) and isinstance(beside, list):
        return list(zip(value, beside, strict=True)) if len(value) == len(beside) else None
    if isinstance(value, Node) and isinstance(beside, Node):
        return [] if (value.source, value.start, value.end) == (beside.source, beside.start, beside.end) else None
    return [] if type(value) is type(beside) and value == beside else None


def items_of(answer: Answer, most: int | None = None) -> list[tuple[Answer, Answer]] | None:
    """Return keys and values of what a loop goes over, no more than ``most``; ``None`` when the files do not decide it."""
    if isinstance(answer, Unknown):
        return None
    value = answer.value
    if isinstance(value, Node):
        pairs = [(of_node(key), of_node(each)) for key, each in value.pairs()[:most]]
        return pairs or [(Known(index), of_node(each)) for index, each in enumerate(value.items()[:most])]
    if isinstance(value, dict):
        return [(Known(key), each) for key, each in islice(value.items(), most)]
    if isinstance(value, list):
        return [(Known(index), each) for index, each in enumerate(value[:most])]
    return [] if value is None else None


def steps_of(answers: Iterable[Answer]) -> tuple[Step, ...]:
    """Return the places behind several answers, each once."""
    some = [answer for answer in answers if answer.steps]
    if not some or (len(some) == 1 and len(some[0].steps) == 1):
        return some[0].steps if some else ()
    found = dict.fromkeys(step for answer in some for step in answer.steps)
    return tuple(found)[:_STEPS_SHOWN]


_STEPS_SHOWN = 6
"""So many places explain a value; more explain nothing any more."""


def image_of(arguments: list[Answer]) -> Answer:
    """Return what Bitnami's image helper makes of ``imageRoot``: ``[registry/]repository:tag`` or ``@digest``."""
    given = arguments[0] if arguments else Known(None)
    root = field(given, "imageRoot", "imageRoot")
    named = {name: field(root, name, name) for name in ("registry", "repository", "tag", "digest")}
    if any(isinstance(each, Unknown) for each in named.values()):
        return Unknown("imageRoot")
    shared = field(field(given, "global", "global"), "imageRegistry", "imageRegistry")
    registry = (text_of(shared) if truth(shared) else None) or text_of(named["registry"])
    version = f"@{text_of(named['digest'])}" if truth(named["digest"]) else f":{text_of(named['tag'])}"
    steps = tuple(step for each in named.values() for step in each.steps)
    return Known(f"{registry + '/' if registry else ''}{text_of(named['repository'])}{version}", steps)
