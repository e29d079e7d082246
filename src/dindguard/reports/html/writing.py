"""What every part of the page needs: text made harmless, places, quoted lines, ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dindguard.findings import Finding
from dindguard.model.container import Container
from dindguard.reports import safe
from dindguard.reports.excerpt import Excerpt
from dindguard.reports.masking import MOST_TEXTS, Masks
from dindguard.reports.quoting import Quote, QuotedLine, Quoter
from dindguard.reports.terminal import cell
from dindguard.rules import Severity, blamed
from dindguard.source import Span, Step

if TYPE_CHECKING:
    from dindguard.scanning import Report

WIDTH = 200
"""Columns of a quoted line."""


class Writer:
    """Turns a scan's texts into HTML. Every method escapes what it is given, and masks what files brought."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.masks = Masks(report.model, report.rules)
        self.quoter = Quoter(report.sources, self.masks, WIDTH)
        self.advised: set[tuple[str, str]] = set()
        self._texts: dict[str, str] = {}
        self._ids: dict[tuple[str, str], str] = {}

    def text(self, text: str) -> str:
        """Return a message without credentials, escaped; a page says much more than once."""
        known = self._texts.get(text)
        if known is None:
            if len(self._texts) >= MOST_TEXTS:
                self._texts.clear()
            known = self._texts[text] = safe.markup(self.masks.line(text))
        return known

    def place(self, span: Span) -> str:
        """Return ``path:line:column``; nothing for what has no place in a file."""
        return f"<code>{self.path(span.path)}:{span.line}:{span.column}</code>" if span.path else ""

    def path(self, path: str) -> str:
        """Return a file's name, escaped and whole: a value that stands in it as well is no secret."""
        return safe.markup(safe.one_line(path))

    def id_of(self, container: Container) -> str:
        """Return a container's anchor; one for all that are written at one place under one name."""
        return self._ids.setdefault(written(container), f"container-{len(self._ids) + 1}")

    def steps(self, steps: Iterable[Step], told: Iterable[Span] = ()) -> str:
        """Return a way as a list whose items follow each other on the line; each place is told once."""
        known = set(map(str, told))
        items = ""
        for step in steps:
            place = "" if str(step.span) in known else f" {self.place(step.span)}"
            known.add(str(step.span))
            items += f"<li>{self.text(step.what)}{place}</li>"
        return f'<ol class="way" aria-label="The way to the host">{items}</ol>' if items else ""

    def quote(self, quotes: Iterable[Quote]) -> str:
        """Return quoted lines, what is said about each below it; a further file is named first."""
        rows = []
        for index, quote in enumerate(quotes):
            if index:
                rows.append(f'<span class="file">{self.text(str(quote.first))}</span>')
            before = 0
            for line in quote.lines:
                if before and line.number != before + 1:
                    rows.append('<span class="gap">⋮</span>')
                rows += self.line(line)
                before = line.number
        return f'<pre class="quote" tabindex="0">{"".join(rows)}</pre>' if rows else ""

    def line(self, line: QuotedLine) -> Iterable[str]:
        """Yield a quoted line, and its notes."""
        yield f'<span class="line"><i>{line.number}</i>{_marked(line.excerpt)}</span>'
        for note in dict.fromkeys(line.notes):
            if note:
                yield f'<span class="why">{safe.markup(note)}</span>'


def written(container: Container) -> tuple[str, str]:
    """Return what makes two containers one for a reader: the name, and where it is written (a default's services)."""
    return str(container), str(container.span)


def badge(severity: Severity) -> str:
    """Return a severity's sign: its word on its colour."""
    return f'<span class="badge {severity.word}">{severity.word}</span>'


def containers_of(finding: Finding) -> list[Container]:
    """Return the containers that a finding is about, each once."""
    about = [blamed(subject.about) for subject in finding.subjects]
    return list(dict.fromkeys(each for each in about if isinstance(each, Container)))


def _marked(excerpt: Excerpt) -> str:
    """Return a quoted line with its marks; columns count wide characters twice, so they are walked."""
    if not excerpt.marks:
        return safe.markup(excerpt.text)
    result = []
    column = 0
    inside = False
    for char in excerpt.text:
        width = cell(char)
        now = any(start <= column < end for start, end in excerpt.marks) if width else inside
        if now != inside:
            result.append("<mark>" if now else "</mark>")
            inside = now
        result.append(char if char.isalnum() else safe.markup(char))
        column += width
    return "".join([*result, "</mark>"] if inside else result)
