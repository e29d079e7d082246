"""Tokens of the languages that readers of our own take apart, and their brackets. Offsets are 0-based, ends exclusive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from dindguard.documents.faults import UnreadableError
from dindguard.source import Segment


class Kind(Enum):
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


def plain_token(text: str, at: int, patterns: Iterable[tuple[re.Pattern[str], Kind]]) -> Token:
    """Return the token that begins at ``at``, of the first kind that matches; the last one takes any character."""
    match, kind = next((found, kind) for pattern, kind in patterns if (found := pattern.match(text, at)))
    return Token(kind, match.group(), at, match.end())


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
