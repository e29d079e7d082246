"""The characters of YAML: which of a scalar's value stands where in the file, and which readers refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dindguard.patterns import regex
from dindguard.source import Segment

Piece = tuple[str, int]
"""Some characters of the value, and the offset at which the first of them stands."""

_REFUSED = regex(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
_BREAKS = "\r\n\x85\u2028\u2029"
_BREAK = regex(f"\r\n|[{_BREAKS}]")
_LINE = regex(f"[^{_BREAKS}]*")
_FOLD = regex(f"[ \t]*(?:(?:\r\n|[{_BREAKS}])[ \t]*)+")
_RUN = regex(f"[^\\\\' \t{_BREAKS}]+")
_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def accepted(text: str) -> str:
    """Return the text with another character for each that is refused, so that every place stays."""
    return _REFUSED.sub("\ufffd", text)


def segments(text: str, start: int, end: int, style: str, value: str) -> tuple[Segment, ...]:
    """Map ``value`` to the characters ``text[start:end]`` it was read from (0-based offsets).

    ``style`` is ``""`` (plain), ``single``, ``double``, ``literal`` or ``folded``. An escape maps to its backslash, a
    folded line break to the break. What cannot be told apart maps to the start.
    """
    if style in ("literal", "folded"):
        pieces = list(_block(text, start, end, style, value))
    else:
        quotes = 1 if style in ("single", "double") else 0
        if style != "double" and text.startswith(value, start + quotes):
            return (Segment(0, start + quotes, len(value)),)
        pieces = list(_flow(text, start + quotes, end - quotes, style, value))
    read = "".join(piece for piece, _ in pieces)
    if len(read) != len(value) or (read != value and "\ufffd" not in value):
        return (Segment(0, start, 0),)
    return tuple(_joined(pieces)) or (Segment(0, start, 0),)


def _joined(pieces: list[Piece]) -> Iterator[Segment]:
    """Yield one segment for each run of characters that stand side by side in the file as well."""
    first, origin, length = 0, -1, 0
    for piece, offset in pieces:
        if offset != origin + length:
            if length:
                yield Segment(first, origin, length)
            first, origin, length = first + length, offset, 0
        length += len(piece)
    if length:
        yield Segment(first, origin, length)


def _break(match: re.Match[str]) -> Piece:
    """Return a line break as YAML reads it: all but the two Unicode separators are a line feed."""
    found = match.group()
    return found if found in "\u2028\u2029" else "\n", match.start()


def _block(text: str, start: int, end: int, style: str, value: str) -> Iterator[Piece]:
    """Yield the pieces of a block scalar: its lines without the indentation, its breaks kept or folded."""
    lines = _lines(text, start, end)
    indent = _indent(lines, value)
    breaks: list[Piece] = []
    before = ""  # the line above the breaks
    length = 0
    for content, offset, line_break in lines:
        line = content[indent:]
        if line and content[:indent].strip(" "):
            break
        if line:
            folds = style == "folded" and before[:1] not in (" ", "\t", "") and line[0] not in " \t"
            if folds and breaks[0][0] == "\n":
                breaks = breaks[1:] or [(" ", breaks[0][1])]
            yield from breaks
            yield line, offset + indent
            length += sum(len(piece) for piece, _ in breaks) + len(line)
            breaks, before = [], line
        breaks += line_break
    yield from breaks[: len(value) - length]  # as many as the chomping indicator keeps


def _lines(text: str, start: int, end: int) -> list[tuple[str, int, list[Piece]]]:
    """Return the lines below the indicator: text, offset, and the break (none at the end of the file)."""
    found = []
    header = _BREAK.search(text, start, end)
    offset = header.end() if header else end
    while offset < end:
        match = _LINE.match(text, offset)
        assert match is not None
        line_break = _BREAK.match(text, match.end())
        found.append((match.group(), offset, [_break(line_break)] if line_break else []))
        offset = line_break.end() if line_break else end
    return found


def _indent(lines: list[tuple[str, int, list[Piece]]], value: str) -> int:
    """Return by how many columns a block scalar is indented: what its first line has more than the value's."""
    written = next((line for line, _, _ in lines if line.strip(" ")), "")
    read = next((line for line in _BREAK.split(value) if line.strip(" ")), "")
    return (len(written) - len(written.lstrip(" "))) - (len(read) - len(read.lstrip(" ")))


def _flow(text: str, offset: int, end: int, style: str, value: str) -> Iterator[Piece]:
    """Yield the pieces of a plain or quoted scalar: runs of characters, escapes, folded line breaks."""
    length = 0
    while offset < end:
        pieces, offset = _next(text, offset, end, style, value[length : length + 1])
        yield from pieces
        length += sum(len(piece) for piece, _ in pieces)


def _next(text: str, offset: int, end: int, style: str, expected: str) -> tuple[list[Piece], int]:
    """Return the next pieces, and the offset behind them; ``expected`` is the character an escape stands for."""
    char = text[offset]
    if style == "double" and char == "\\":
        width = _ESCAPE_LENGTHS.get(text[offset + 1 : offset + 2], 2)
        fold = _FOLD.match(text, offset + 1, end)
        if fold and text[offset + 1] in _BREAKS:
            return [_break(match) for match in _BREAK.finditer(text, offset + 1, fold.end())][1:], fold.end()
        return [(expected, offset)], offset + width
    if style == "single" and text.startswith("''", offset):
        return [("'", offset)], offset + 2
    fold = _FOLD.match(text, offset, end)
    if fold:
        first, *others = (_break(match) for match in _BREAK.finditer(text, offset, fold.end()))
        return ([first, *others] if first[0] != "\n" else others or [(" ", first[1])]), fold.end()
    run = _RUN.match(text, offset, end)
    return ([(run.group(), offset)], run.end()) if run else ([(char, offset)], offset + 1)
