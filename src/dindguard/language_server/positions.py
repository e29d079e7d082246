"""Places of files as an editor counts them: from zero, in the units that it and the server have agreed on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from lsprotocol import types as lsp

from dindguard.source import Source, Span

_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
"""The codec of each encoding that an editor may count in, and how many bytes a unit of it has."""

Change: TypeAlias = "lsp.TextDocumentContentChangePartial | lsp.TextDocumentContentChangeWholeDocument"


class Units:
    """What an editor counts columns in: the code units of an encoding."""

    def __init__(self, encoding: str = "utf-16") -> None:
        self._codec, self._width = _UNITS[lsp.PositionEncodingKind(encoding).value]

    def range_of(self, span: Span, source: Source | None) -> lsp.Range:
        """Return a span as an editor's range; the beginning of its line where the text is not at hand."""
        if source is None:
            at = lsp.Position(span.line - 1, 0)
            return lsp.Range(at, at)
        start = self._position(source, span.line, span.column)
        return lsp.Range(start, self._position(source, span.end_line, span.end_column))

    def position_at(self, source: Source, offset: int) -> lsp.Position:
        """Return a 0-based offset of a text as an editor's position."""
        return self._position(source, *source.position(offset))

    def place_of(self, position: lsp.Position, source: Source) -> tuple[int, int]:
        """Return an editor's position as line and column, both from one, in code points; behind a line is at its end."""
        line = source.line_text(position.line + 1)
        units = line.encode(self._codec, "surrogatepass")[: self._width * position.character]
        return position.line + 1, len(units.decode(self._codec, "replace")) + 1

    def changed(self, text: str, changes: Iterable[Change]) -> str:
        """Return a text with an editor's changes made, one after the other.

        The library's own document ends lines at form feeds and other characters at which no editor does.
        """
        for change in changes:
            if isinstance(change, lsp.TextDocumentContentChangePartial):
                source = Source("", text)
                start, end = (
                    source.offset(*self.place_of(each, source)) for each in (change.range.start, change.range.end)
                )
                text = text[:start] + change.text + text[end:]
            else:
                text = change.text
        return whole_characters(text)

    def _position(self, source: Source, line: int, column: int) -> lsp.Position:
        before = source.line_text(line)[: column - 1]
        return lsp.Position(line - 1, len(before.encode(self._codec, "surrogatepass")) // self._width)


def whole_characters(text: str) -> str:
    """Return a text with a sign in the place of each half of a character, which no file can hold."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Places:
    """Places of one project's files for its editor. ``open_source`` gives a file's text, ``uri`` its address, by path."""

    def __init__(self, units: Units, open_source: Callable[[str], Source | None], uri: Callable[[str], str]) -> None:
        self.units = units
        self.source = open_source
        self.uri = uri

    def range_of(self, span: Span) -> lsp.Range:
        """Return a span as an editor's range."""
        return self.units.range_of(span, self.source(span.path))

    def location(self, span: Span) -> lsp.Location:
        """Return a span as an editor's location: file and range."""
        return lsp.Location(self.uri(span.path), self.range_of(span))


def holds(span: Span, line: int, column: int) -> bool:
    """Whether a place lies in a span, its end included: there the cursor stands behind it."""
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)
