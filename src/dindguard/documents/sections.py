"""Texts of ``[sections]`` with ``key = value`` lines: systemd's units, and supervisord's INI.

Units: systemd.syntax(7), tried with ``systemd-analyze verify`` of 252. INI: Python's configparser as supervisord uses it
(``supervisor/options.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from dindguard.documents.joined import Joined
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex
from dindguard.source import Source

_LINE = regex(r"[^\n]*(?:\n|\Z)")
_SECTION = regex(r"[ \t]*\[([^\]\n]*)\]")
_KEY = regex(r"[ \t]*+([^\s=:\[#;][^=\n]*+)=[ \t]*")
_INLINE_COMMENT = regex(r"[ \t][#;]")


class Entry(NamedTuple):
    """One line: its section, its key, and its value as a text whose characters keep their places."""

    section: str
    key: str
    value: Source


def read_unit(source: Source) -> list[Entry]:
    """Return the entries of a systemd unit in order.

    A line that ends with a backslash goes on with a blank; comment lines within are dropped, not the end of it.
    """
    return list(_entries(source, _unit_value))


def read_ini(source: Source) -> list[Entry]:
    """Return the entries of an INI file in order: indented lines go on, ``;`` and ``#`` behind a blank begin comments."""
    return list(_entries(source, _ini_value))


class _Lines:
    """The lines of a text as ranges, one after another."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._ranges = [match.span() for match in _LINE.finditer(source.text) if match.end() > match.start()]
        self.index = 0

    def peek(self) -> tuple[int, int] | None:
        """Return the next line without its line break."""
        if self.index >= len(self._ranges):
            return None
        start, end = self._ranges[self.index]
        return start, start + len(self.source.text[start:end].rstrip("\r\n"))

    def is_comment(self) -> bool:
        """Whether the next line is empty or a comment."""
        line = self.peek()
        return line is not None and self.source.text[line[0] : line[1]].lstrip()[:1] in ("#", ";")


_ValueReader: TypeAlias = Callable[[_Lines, int, int], Source]


def _entries(source: Source, value_of: _ValueReader) -> Iterator[Entry]:
    lines = _Lines(source)
    section = ""
    while (line := lines.peek()) is not None:
        comment = lines.is_comment()
        lines.index += 1
        start, end = line
        if comment or start == end:
            continue
        if (found := _SECTION.match(source.text, start, end)) is not None:
            section = found[1].strip()
        elif (key := _KEY.match(source.text, start, end)) is not None:
            yield Entry(section, key[1].rstrip(" \t"), value_of(lines, key.end(), end))


def _unit_value(lines: _Lines, start: int, end: int) -> Source:
    text = lines.source.text
    joined = Joined(lines.source)
    while text[start:end].endswith("\\"):
        joined.add(text[start : end - 1].rstrip(), start, start + len(text[start : end - 1].rstrip()))
        while lines.is_comment():
            lines.index += 1
        following = lines.peek()
        if following is None:
            return joined.source("value")
        lines.index += 1
        start, end = following
        start += len(text[start:end]) - len(text[start:end].lstrip())
        joined.add_glue(" ")
    kept = text[start:end].rstrip()
    joined.add(kept, start, start + len(kept))
    return joined.source("value")


def _ini_value(lines: _Lines, start: int, end: int) -> Source:
    joined = Joined(lines.source)
    _add_ini(joined, lines.source.text, start, end)
    while (line := lines.peek()) is not None and lines.source.text[line[0] : line[1]][:1] in (" ", "\t"):
        lines.index += 1
        if lines.source.text[line[0] : line[1]].lstrip()[:1] in ("#", ";"):
            continue
        indent = len(lines.source.text[line[0] : line[1]]) - len(lines.source.text[line[0] : line[1]].lstrip())
        joined.add_glue(" ")
        _add_ini(joined, lines.source.text, line[0] + indent, line[1])
    return joined.source("value")


def _add_ini(joined: Joined, text: str, start: int, end: int) -> None:
    comment = _INLINE_COMMENT.search(text, start, end)
    kept = text[start : comment.start() if comment is not None else end].rstrip()
    joined.add(kept, start, start + len(kept))
