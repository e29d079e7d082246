"""Where the parts of a TOML text stand. Only for texts that ``tomllib`` has accepted: nothing is checked again.

Where the accepted text has a string and the file a variable, its value is unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dindguard.documents.tree import Kind, Node
from dindguard.documents.unknown import variable
from dindguard.patterns import regex
from dindguard.source import Segment, Source

_BLANK = regex(r"[ \t]*+")
_SPACE = regex(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_BARE_KEY = regex(r"[A-Za-z0-9_-]+")
_PLAIN = regex(r"[^\s,\]}#]+(?: [0-9][^\s,\]}#]*)?")
_ESCAPE = regex(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[ \t]*\r?\n\s*|.)", re.DOTALL)
_CONTROLS = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


@dataclass(slots=True)
class Table:
    """A table: ``entries`` has each key's place and its value."""

    start: int
    end: int
    style: str = "block"
    entries: dict[str, tuple[int, int, Table | Items | Node]] = field(default_factory=dict)


@dataclass(slots=True)
class Items:
    """An array, or an array of tables."""

    start: int
    end: int
    style: str = "flow"
    items: list[Table | Items | Node] = field(default_factory=list)


class _Key:
    """One part of a dotted key: its name and its place."""

    __slots__ = ("end", "name", "start")

    def __init__(self, name: str, start: int, end: int) -> None:
        self.name = name
        self.start = start
        self.end = end


class Scanner:
    """Goes through a text once, from statement to statement."""

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        self.text = text
        self.at = 0

    def document(self) -> Table:
        """Return the root table."""
        root = current = Table(0, 0)
        while self._space():
            if self._peek("["):
                current = self._header(root)
            else:
                self._assignment(current)
        return root

    # -- statements ---------------------------------------------------------------------------------

    def _header(self, root: Table) -> Table:
        start = self.at
        brackets = 2 if self._peek("[[") else 1
        self.at += brackets
        keys = self._keys()
        self.at += brackets
        *above, last = keys
        parent = _descend(root, above)
        table = Table(start, self.at)
        found = parent.entries.get(last.name)
        if brackets == 2:
            if found is None:
                found = parent.entries[last.name] = (last.start, last.end, Items(last.start, last.end, "block"))
            assert isinstance(found[2], Items)
            found[2].items.append(table)
        elif found is not None and isinstance(found[2], Table):
            # [a.b] came before [a]: the implied table gets the place of its header.
            table.entries = found[2].entries
            parent.entries[last.name] = (last.start, last.end, table)
        else:
            parent.entries[last.name] = (last.start, last.end, table)
        return table

    def _assignment(self, table: Table) -> None:
        *above, last = self._keys()
        self.at += 1  # the equals sign
        self._blank()
        value = self._value()
        _descend(table, above).entries[last.name] = (last.start, last.end, value)

    def _keys(self) -> list[_Key]:
        keys = []
        while True:
            self._blank()
            start = self.at
            if self.text[start] in "\"'":
                name = self._string().content
            else:
                match = _BARE_KEY.match(self.text, start)
                assert match is not None
                name, self.at = match[0], match.end()
            keys.append(_Key(name, start, self.at))
            self._blank()
            if not self._peek("."):
                return keys
            self.at += 1

    # -- values -------------------------------------------------------------------------------------

    def _value(self) -> Table | Items | Node:
        char = self.text[self.at]
        if char in "\"'":
            start = self.at
            string = self._string()
            return variable(self.source, start, self.at) if self.source.text.startswith("$", start) else string
        if char == "[":
            return self._array()
        if char == "{":
            return self._inline_table()
        match = _PLAIN.match(self.text, self.at)
        assert match is not None
        start, self.at = match.span()
        return _scalar(self.source, start, self.at, match[0], "", (Segment(0, start, len(match[0])),))

    def _array(self) -> Items:
        found = Items(self.at, self.at)
        self.at += 1
        self._space()
        while not self._peek("]"):
            found.items.append(self._value())
            self._space()
            if self._peek(","):
                self.at += 1
                self._space()
        self.at += 1
        found.end = self.at
        return found

    def _inline_table(self) -> Table:
        found = Table(self.at, self.at, "flow")
        self.at += 1
        self._space()
        while not self._peek("}"):
            self._assignment(found)
            self._space()
            if self._peek(","):
                self.at += 1
                self._space()
        self.at += 1
        found.end = self.at
        return found

    def _string(self) -> Node:
        start, quote = self.at, self.text[self.at]
        long = self.text.startswith(quote * 3, start)
        mark = quote * 3 if long else quote
        begin = start + len(mark)
        end = begin
        while not self.text.startswith(mark, end):
            end += 2 if quote == '"' and self.text[end] == "\\" else 1
        while long and self.text.startswith(quote, end + 3):
            end += 1  # up to two quotes may stand before the closing ones
        self.at = end + len(mark)
        if long:
            begin += 2 if self.text.startswith("\r\n", begin) else 1 if self.text.startswith("\n", begin) else 0
        content, segments = _decoded(self.text, begin, end, escapes=quote == '"')
        style = ("literal" if long else "double") if quote == '"' else ("literal" if long else "single")
        return _scalar(self.source, start, self.at, content, style, segments)

    # -- characters ---------------------------------------------------------------------------------

    def _space(self) -> bool:
        """Skip blanks, line breaks and comments; tell whether anything follows."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at < len(self.text)

    def _blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _peek(self, text: str) -> bool:
        return self.text.startswith(text, self.at)


def _descend(table: Table, keys: list[_Key]) -> Table:
    """Follow the leading parts of a dotted key, making the tables that they imply; the last of several counts."""
    for key in keys:
        if key.name not in table.entries:
            table.entries[key.name] = (key.start, key.end, Table(key.start, key.end))
        value = table.entries[key.name][2]
        below = value.items[-1] if isinstance(value, Items) else value
        assert isinstance(below, Table)
        table = below
    return table


def _decoded(text: str, start: int, end: int, *, escapes: bool) -> tuple[str, tuple[Segment, ...]]:
    """Return the characters that a string's inside stands for, and where each run of them is written."""
    pieces: list[str] = []
    segments: list[Segment] = []
    length, at = 0, start
    for match in _ESCAPE.finditer(text, start, end) if escapes else ():
        run = text[at : match.start()]
        segments.append(Segment(length, at, len(run)))
        value = _meaning(match[0][1:])
        segments.append(Segment(length + len(run), match.start(), 0))
        pieces += [run, value]
        length += len(run) + len(value)
        at = match.end()
    segments.append(Segment(length, at, end - at))
    return "".join([*pieces, text[at:end]]), tuple(segments)


def _meaning(escape: str) -> str:
    if escape[0] in "uU" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    return "" if escape[0].isspace() else _CONTROLS.get(escape, escape)


def _scalar(source: Source, start: int, end: int, content: str, style: str, segments: tuple[Segment, ...]) -> Node:
    return Node(Kind.SCALAR, source, start, end, content=content, style=style, mapping=lambda _: segments)
