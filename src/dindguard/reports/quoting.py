"""Quoted lines with what is marked in them, as every report shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from dindguard.findings import Finding
from dindguard.records import record
from dindguard.reports.excerpt import Excerpt, Range, excerpt
from dindguard.reports.masking import Masks
from dindguard.reports.terminal import Terminal, cells, wrapped
from dindguard.source import Source, Span, Step

MOST_RELATED = 5
"""As many related places are quoted where room is dear."""

MOST_ALIKE = 3
"""As many of which the same is said: whoever has seen three services extend one knows how the others do."""

SMALLEST_NOTE = 28
"""A note that has less room beside its marks goes below them."""


@record
class Mark:
    """A place that a report points at, with what is to be said about it."""

    span: Span
    note: str = ""


@record
class QuotedLine:
    """A line of a file with its marks; ``notes`` has one text (perhaps empty) for each of the excerpt's marks."""

    number: int
    excerpt: Excerpt
    notes: tuple[str, ...]


@record
class Quote:
    """What is quoted of one file; ``first`` is the place that its location line shows."""

    first: Span
    lines: tuple[QuotedLine, ...]


@record
class Quoter:
    """Quotes lines of one scan's files in ``width`` columns."""

    sources: Mapping[str, Source]
    masks: Masks
    width: int = 80
    cut: str = "…"

    def finding(self, finding: Finding, related: Sequence[Step] | None = None) -> list[Quote]:
        """Quote a finding's own line and the places that make it so (by default the first hundred); its own file comes first."""
        steps = finding.related[:100] if related is None else related
        return self.quotes([Mark(finding.span), *(Mark(step.span, step.what) for step in steps)])

    def quotes(self, marks: Sequence[Mark]) -> list[Quote]:
        """Quote places, file by file in the order given, lines in their file's order."""
        files: dict[str, list[Mark]] = {}
        for mark in marks:
            files.setdefault(mark.span.path, []).append(mark)
        quotes = []
        for path, here in files.items():
            lines: dict[int, list[Mark]] = {}
            for mark in here:
                lines.setdefault(mark.span.line, []).append(mark)
            source = self.sources.get(path)
            quoted = [] if source is None else [self._line(source, n, lines[n]) for n in sorted(lines)]
            quotes.append(Quote(here[0].span, tuple(line for line in quoted if line is not None)))
        return quotes

    def block(self, source: Source, numbers: Iterable[int], marks: Sequence[Mark]) -> Quote:
        """Quote lines of a file, those without a mark among them; empty ones are left out."""
        at: dict[int, list[Mark]] = {}
        for mark in marks:
            at.setdefault(mark.span.line, []).append(mark)
        lines = [self._line(source, number, at.get(number, [])) for number in numbers]
        kept = tuple(line for line in lines if line is not None)
        return Quote(Span(source.path, kept[0].number if kept else 1, 1, 1, 1), kept)

    def _line(self, source: Source, number: int, marks: list[Mark]) -> QuotedLine | None:
        line = source.line_text(number)
        if not line.strip():
            return None
        ranges = [marked(mark.span, line) for mark in marks]
        hidden = self.masks.ranges(source, number, ranges)
        notes = tuple(self.masks.line(mark.note) for mark in marks)
        return QuotedLine(number, excerpt(line, ranges, hidden, self.width, self.cut), notes)


def most_telling(related: Sequence[Step]) -> list[Step]:
    """Return the related places that are quoted where room is dear: the first ones, few of which the same is said."""
    said = Counter[str]()
    found = []
    for step in related:
        said[step.what] += 1
        if said[step.what] <= MOST_ALIKE:
            found.append(step)
    return found[:MOST_RELATED]


def marked(span: Span, line: str) -> Range:
    """Return which characters of a span's first line it covers: 0-based, end exclusive, at least one."""
    start = min(span.column - 1, len(line))
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    return start, max(min(end, len(line)), start + 1)


def rows(quote: Quote, terminal: Terminal, digits: int, style: str) -> list[str]:
    """Return a quote as text: a gutter with line numbers of ``digits`` places, carets below what is marked.

    ``style`` colours the marks without a note; those with one are magenta.
    """
    glyphs = terminal.glyphs
    bar = terminal.paint(glyphs.bar, "dim")
    result = []
    before: int | None = None
    for line in quote.lines:
        if before is not None and line.number != before + 1:
            result.append(f"  {' ' * digits} {terminal.paint(glyphs.gap, 'dim')}")
        number = terminal.paint(f"{line.number:>{digits}}", "dim")
        result.append(f"  {number} {bar} {line.excerpt.text}".rstrip())
        room = terminal.width - digits - 5
        result.extend(f"  {' ' * digits} {bar} {row}" for row in _carets(line, room, terminal, style))
        before = line.number
    return result


def _carets(line: QuotedLine, room: int, terminal: Terminal, style: str) -> Iterable[str]:
    """Draw marks that are apart in one row, the last one's note beside it; other notes get a row of their own."""
    drawn, later = _apart(line)
    first = ""
    column = 0
    for (start, end), note in drawn:
        colour = "magenta" if note else style
        first += " " * (start - column) + terminal.paint("^" * (end - start), colour)
        column = end
    last = drawn[-1]
    notes = [pair for pair in (*drawn[:-1], *later) if pair[1]]
    if last[1] and cells(last[1]) + 1 <= room - column:
        yield f"{first} {terminal.paint(last[1], 'magenta')}"
    elif last[1] and room - column - 1 >= SMALLEST_NOTE:
        top, *rest = wrapped(last[1], room - column - 1)
        yield f"{first} {terminal.paint(top, 'magenta')}"
        yield from (" " * (column + 1) + terminal.paint(row, "magenta") for row in rest)
    else:
        yield first
        if last[1]:
            yield from _below(last, room, terminal, carets=False)
    for pair in reversed(notes):
        yield from _below(pair, room, terminal, carets=True)


def _apart(line: QuotedLine) -> tuple[list[tuple[Range, str]], list[tuple[Range, str]]]:
    """Return the marks that fit into one row, the finding's own before others, and those that lie over them."""
    drawn: list[tuple[Range, str]] = []
    later: list[tuple[Range, str]] = []
    for mark, note in zip(line.excerpt.marks, line.notes, strict=True):
        free = all(mark[1] <= start or end <= mark[0] for (start, end), _ in drawn)
        (drawn if free else later).append((mark, note))
    return sorted(drawn), sorted(later)


def _below(pair: tuple[Range, str], room: int, terminal: Terminal, *, carets: bool) -> Iterable[str]:
    """Draw a note below its marks: beside its carets again, or as far right as it fits."""
    (start, end), note = pair
    beside = carets and cells(note) + 1 <= room - end
    if beside:
        yield " " * start + terminal.paint("^" * (end - start), "magenta") + " " + terminal.paint(note, "magenta")
        return
    indent = max(0, min(start, room - cells(note)))
    yield from (
        " " * indent + terminal.paint(row, "magenta") for row in wrapped(note, max(room - indent, SMALLEST_NOTE))
    )
