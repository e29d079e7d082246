"""What stands before a Dockerfile instruction's arguments: its name and flags."""

from __future__ import annotations

from dindguard.documents.dockerfile.lexer import SPACE
from dindguard.documents.dockerfile.words import Piece, split_flags
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex

_NAME = regex(r"([^\t\v\f\r ]*)[\t\v\f\r ]*")


class Head(NamedTuple):
    """What stands before an instruction's arguments; for ``ONBUILD X``, the head of X.

    ``name`` is as typed and starts at ``start``, ``rest`` is where the arguments start.
    """

    name: str
    start: int
    flags: list[Piece]
    rest: int
    onbuild: bool


def split_name(text: str, start: int = 0) -> tuple[str, int]:
    """Return the word at ``start`` (perhaps empty), and where the text after it starts."""
    match = _NAME.match(text, start)
    assert match is not None
    return match[1], match.end()


def split_head(text: str, value: int, escape: str) -> Head:
    """Split an instruction's line, whose name ends before the value at ``value``."""
    name, start = text[:value].rstrip("\t\v\f\r "), 0
    flags, rest = split_flags(text, value, escape)
    onbuild = name.upper() == "ONBUILD"
    if onbuild:
        start = skip_space(text, rest)
        name, rest = split_name(text, start)
        flags, rest = split_flags(text, rest, escape)
    return Head(name, start, flags, skip_space(text, rest), onbuild)


def skip_space(text: str, at: int) -> int:
    """Return where the white space at ``at`` ends."""
    return len(text) - len(text[at:].lstrip(SPACE))
