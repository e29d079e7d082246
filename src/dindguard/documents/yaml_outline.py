"""Where the documents of a YAML text are and what stands at their left edge, without composing them.

Composing is what a scan of a repository pays most for, and most of what it composes can be told from a few lines. An
outline is a document's first line and those that begin in the first column, comments left out. A line inside a quoted
scalar may stand there as well, so an outline proves something only where each of its lines fits.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex

_MARKERS = ("--- ", "---\t")
_BORDERS = ("%", "...")
"""Lines that begin so are directives, or markers of a document's end."""

_FIRST = regex(r"(?:---[ \t]*)?(?:[ \t]*(?:#[^\n]*)?\n)*([^\n]+)")
_EDGE = regex(r"\n[^\s#][^\n]*")
_OTHER_BREAKS = ("\r", "\x85", "\u2028", "\u2029")


class Part(NamedTuple):
    """One document of a stream: from its marker, or the start of the text, up to the next; 0-based offsets.

    ``first`` is where its outline begins: behind the marker, and behind comments; where there is none, it is the end.
    """

    start: int
    end: int
    outline: str
    first: int


def parts(text: str) -> list[Part]:
    """Return the documents of a text; none where their borders cannot be told from the text alone.

    That is so with directives, with markers of a document's end, and with line breaks other than a line feed.
    """
    if any(mark in text for mark in _OTHER_BREAKS) or text.startswith(_BORDERS):
        return []
    edge = [(match.start() + 1, match[0][1:]) for match in _EDGE.finditer(text)]
    if any(line.startswith(_BORDERS) for _, line in edge):
        return []
    starts = [0, *(start for start, line in edge if line == "---" or line.startswith(_MARKERS))]
    found, left = [], deque(edge)
    for start, end in pairwise([*starts, len(text)]):
        lines = []
        while left and left[0][0] < end:
            lines.append(left.popleft())
        found.append(_part(text, start, end, lines))
    return found


def _part(text: str, start: int, end: int, edge: list[tuple[int, str]]) -> Part:
    first = _FIRST.match(text, start, end)
    if first is None:
        return Part(start, end, "", end)
    outline = "\n".join([first[1].rstrip(), *(line.rstrip() for at, line in edge if at > first.end())])
    return Part(start, end, outline, first.start(1))
