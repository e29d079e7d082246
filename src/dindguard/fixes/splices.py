"""Characters of a text that others take the place of."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.records import record


class RefusedError(Exception):
    """An edit that is not made; the text says why, in words for people."""


@record
class Splice:
    """The characters ``[start, end)`` of a file become ``text``; offsets are 0-based code points."""

    start: int
    end: int
    text: str


def apply(text: str, splices: Iterable[Splice]) -> str:
    """Return a text with splices made that do not overlap; two at one place come in the order given."""
    pieces, reached = [], 0
    for splice in sorted(splices, key=lambda each: (each.start, each.end)):
        pieces += [text[reached : splice.start], splice.text]
        reached = splice.end
    return "".join((*pieces, text[reached:]))


def overlap(one: Splice, other: Splice) -> bool:
    """Whether two splices touch the same characters; two insertions at one place do not."""
    if one.start == one.end and other.start == other.end:
        return False
    if one.start == one.end or other.start == other.end:
        point, span = (one, other) if one.start == one.end else (other, one)
        return span.start < point.start < span.end
    return one.start < other.end and other.start < one.end


def without_repetition(splices: Iterable[Splice]) -> tuple[Splice, ...]:
    """Return splices in order, each once."""
    return tuple(dict.fromkeys(splices))
