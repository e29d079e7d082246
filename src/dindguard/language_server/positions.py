"""Places of files as editors count them: from zero, in UTF-16 code units."""

from __future__ import annotations

from lsprotocol import types as lsp

from dindguard.source import Source, Span


def range_of(span: Span, source: Source | None) -> lsp.Range:
    """Return a span as an editor's range; the beginning of its line where the text is not at hand."""
    if source is None:
        at = lsp.Position(span.line - 1, 0)
        return lsp.Range(at, at)
    return lsp.Range(
        _position(source, span.line, span.column), _position(source, span.end_line, span.end_column)
    )  # fmt: skip


def position_at(source: Source, offset: int) -> lsp.Position:
    """Return a 0-based offset of a text as an editor's position."""
    return _position(source, *source.position(offset))


def place_of(position: lsp.Position, source: Source) -> tuple[int, int]:
    """Return an editor's position as line and column, both from one, in code points."""
    line = source.line_text(position.line + 1)
    units = line.encode("utf-16-le", "surrogatepass")[: 2 * position.character]
    return position.line + 1, len(units.decode("utf-16-le", "replace")) + 1


def holds(span: Span, line: int, column: int) -> bool:
    """Whether a place lies in a span, its end included: there the cursor stands behind it."""
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


def _position(source: Source, line: int, column: int) -> lsp.Position:
    before = source.line_text(line)[: column - 1]
    return lsp.Position(line - 1, len(before.encode("utf-16-le", "surrogatepass")) // 2)
