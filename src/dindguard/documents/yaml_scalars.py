"""Which character of a YAML scalar's value stands where in the file."""

from __future__ import annotations

from dindguard.source import Segment

_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def segments(text: str, start: int, end: int, style: str, value: str) -> tuple[Segment, ...]:
    """Map ``value`` to the characters ``text[start:end]`` it was read from (0-based offsets).

    ``style`` is ``""`` (plain), ``single``, ``double``, ``literal`` or ``folded``. Characters that have no
    place of their own (a folded line break) map to where the next one stands.
    """
    if style in ("literal", "folded"):
        return _block(text, start, end, value)
    offset = start + (1 if style in ("single", "double") else 0)
    if style != "double" and text.startswith(value, offset):
        return (Segment(0, offset, len(value)),)
    return _flow(text, offset, end, style, value)


def _block(text: str, start: int, end: int, value: str) -> tuple[Segment, ...]:
    """Map a block scalar line by line: a value's line is found in the next source line that holds it."""
    found = []
    offset = text.find("\n", start, end) + 1 or end
    at = 0
    stop = offset
    for line in value.split("\n"):
        content = line.lstrip(" ")
        while offset < end:
            stop = text.find("\n", offset, end)
            stop = end if stop < 0 else stop
            source_line = text[offset:stop]
            if not content:
                break
            column = source_line.find(content)
            if column >= 0:
                indent = len(line) - len(content)
                first = max(column - indent, 0)
                found.append(Segment(at, offset + first, len(line)))
                break
            if source_line.strip() and source_line.strip() in content:
                # A folded line: several source lines make one line of the value.
                found.extend(_folded(text, offset, end, at, line))
                stop = _after_folded(text, offset, end, line)
                break
            offset = stop + 1
        else:
            break
        offset = stop + 1
        at += len(line) + 1
    return tuple(found) or (Segment(0, min(start, end), 0),)


def _folded(text: str, offset: int, end: int, at: int, line: str) -> list[Segment]:
    found, position = [], 0
    while position < len(line) and offset < end:
        stop = text.find("\n", offset, end)
        stop = end if stop < 0 else stop
        piece = text[offset:stop].strip()
        if piece and line.startswith(piece, position):
            column = text.find(piece, offset, stop)
            found.append(Segment(at + position, column, len(piece)))
            position += len(piece) + 1
        elif piece:
            break
        offset = stop + 1
    return found


def _after_folded(text: str, offset: int, end: int, line: str) -> int:
    position = 0
    while offset < end:
        stop = text.find("\n", offset, end)
        stop = end if stop < 0 else stop
        position += len(text[offset:stop].strip()) + 1
        if position >= len(line):
            return stop
        offset = stop + 1
    return end


def _flow(text: str, offset: int, end: int, style: str, value: str) -> tuple[Segment, ...]:
    """Map a plain or quoted scalar with escapes or folded lines, one run of equal characters at a time."""
    found: list[Segment] = []
    run_at, run_origin, at = 0, offset, 0
    while at < len(value) and offset < end:
        char, origin, width = value[at], text[offset], 1
        if style == "double" and origin == "\\":
            following = text[offset + 1 : offset + 2]
            if following in "\r\n":  # an escaped line break stands for nothing
                offset = _skip_indent(text, offset + 1, end)
                continue
            width = _ESCAPE_LENGTHS.get(following, 2)
        elif style == "single" and text.startswith("''", offset):
            width = 2
        elif origin in " \t\r\n" and char in " \n" and "\n" in text[offset : _skip_indent(text, offset, end)]:
            width = _skip_indent(text, offset, end) - offset
            if char == "\n":  # each further empty line is one line break of the value
                run = len(value) - at - len(value[at:].lstrip("\n"))
                found.append(Segment(run_at, run_origin, at - run_at))
                at, offset = at + run, offset + width
                run_at, run_origin = at, offset
                continue
        at += 1
        offset += width
        if width != 1:
            found.append(Segment(run_at, run_origin, at - run_at))
            run_at, run_origin = at, offset
    found.append(Segment(run_at, run_origin, max(len(value) - run_at, 0)))
    return tuple(segment for segment in found if segment.length or len(found) == 1)


def _skip_indent(text: str, offset: int, end: int) -> int:
    while offset < end and text[offset] in " \t\r\n":
        offset += 1
    return offset
