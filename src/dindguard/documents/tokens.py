"""Tokens of the languages that readers of our own take apart, and their brackets. Offsets are 0-based, ends exclusive."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dindguard.documents.faults import UnreadableError
from dindguard.enumerations import StrEnum
from dindguard.named_tuples import NamedTuple
from dindguard.source import Segment


class Kind(StrEnum):
    """What a token is."""

    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    SIGN = "sign"
    LINE = "end of line"
    END = "end"


class Token(NamedTuple):
    """A token; of a string, ``text`` is its value, and ``holes`` are the expressions in it, placed in the value."""

    kind: Kind
    text: str
    start: int
    end: int
    holes: tuple[tuple[int, int, str], ...] = ()
    segments: tuple[Segment, ...] = ()
    quote: str = ""


def plain_token(text: str, at: int, name: re.Pattern[str], number: re.Pattern[str], sign: re.Pattern[str]) -> Token:
    """Return the name, the number or the sign that begins at ``at``; any character is a sign."""
    for pattern, kind in ((name, Kind.NAME), (number, Kind.NUMBER), (sign, Kind.SIGN)):
        if match := pattern.match(text, at):
            return Token(kind, match.group(), at, match.end())
    raise AssertionError(text[at])


LITERALS = frozenset({"true", "false", "null"})
"""Names that are values."""

_CLOSING = {")": "(", "]": "[", "}": "{"}


def closing_brackets(found: Sequence[Token]) -> dict[int, int]:
    """Return which token closes each opening bracket, by their indexes.

    Raises :class:`UnreadableError` for a bracket that has no other half.
    """
    closes: dict[int, int] = {}
    waiting: list[int] = []
    for index, token in enumerate(found):
        if token.kind is not Kind.SIGN:
            continue
        if token.text in ("(", "[", "{"):
            waiting.append(index)
        elif token.text in _CLOSING:
            if not waiting or found[waiting[-1]].text != _CLOSING[token.text]:
                raise UnreadableError(f"nothing is open that this '{token.text}' could close", token.start)
            closes[waiting.pop()] = index
    if waiting:
        token = found[waiting[-1]]
        raise UnreadableError(f"this '{token.text}' is not closed", token.start)
    return closes
