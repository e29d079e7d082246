"""Where the documents of a YAML text are and what stands at their left edge, without composing them.

Composing is what a scan of a repository pays most for, and most of what it composes can be told from a few lines. An
outline is a document's first line and those that begin in the first column, comments left out. A line inside a quoted
scalar may stand there as well, so an outline proves something only where each of its lines fits.
"""

from __future__ import annotations

from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex

_MARKER = regex(r"\n---(?=[ \t\n]|\Z)")
_FIRST = regex(r"(?:---[ \t]*)?(?:[ \t]*(?:#[^\n]*)?\n)*([^\n]+)")
_EDGE = regex(r"\n[^\s#][^\n]*")
_OTHER_BREAKS = ("\r", "\x85", "\u2028", "\u2029")


class Part(NamedTuple):
    """One document of a stream: from its marker, or the start of the text, up to the next; 0-based offsets."""

    start: int
    end: int
    outline: str


def parts(text: str) -> list[Part]:
    """Return the documents of a text; none where their borders cannot be told from the text alone.

    That is so with directives, with markers of a document's end, and with line breaks other than a line feed.
    """
    if (
        any(mark in text for mark in _OTHER_BREAKS)
        or "\n..." in text
        or text.startswith(("%", "..."))
        or "\n%" in text
    ):
        return []
    starts = [0, *(match.start() + 1 for match in _MARKER.finditer(text))]
    return [
        Part(start, end, _outline(text[start:end]))
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True)
    ]


def _outline(text: str) -> str:
    first = _FIRST.match(text)
    if first is None:
        return ""
    return "\n".join([first[1].rstrip(), *(line[1:].rstrip() for line in _EDGE.findall(text, first.end()))])
