"""The report for people: each finding with the characters that cause it, and a summary.

Many findings are told in fewer lines each, and counted by rule and by file at the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from dindguard.findings import Finding, Status
from dindguard.reports import Options, advice, plural, safe, summary
from dindguard.reports.masking import Masks
from dindguard.reports.places import Places
from dindguard.reports.quoting import Mark, Quote, Quoter, most_telling, rows
from dindguard.reports.terminal import GLUE, MARK_STYLES, SEVERITY_STYLES, cells, wrapped
from dindguard.source import Gravity, Notice, Span

if TYPE_CHECKING:
    from dindguard.scanning import Report

MANY = 20
"""Beyond so many findings each is told in fewer lines, and tables follow."""

MOST_QUOTED = 1_000
"""Beyond so many findings each is one line, and its place is not quoted; ``-v`` quotes all."""

MOST_BESIDE = 2
"""As many related places are named of each of many findings."""

MOST_SPOTS = 3
"""So many blind spots are named; ``-v`` shows all."""

_GRAVITY_STYLES = {Gravity.ERROR: "white on red", Gravity.WARNING: "black on yellow", Gravity.NOTE: "black on white"}


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield findings, then what could not be read, then the summary."""
    between = ""
    for block in _blocks(_Page(report, options), options):
        yield between
        yield from (safe.log(f"{line}\n") for line in block)
        between = "\n"


def _blocks(page: _Page, options: Options) -> Iterator[Iterable[str]]:
    """Yield the lines of each part that empty lines stand around."""
    report = page.report
    opened = in_order(report.findings)
    if not options.statistics:
        yield from page.findings(opened)
    yield from (page.notice(notice) for notice in report.notices if _told(notice, options))
    if options.verbose:
        yield from ([line] for line in page.silenced())
    elif spots := page.blind_spots():
        yield spots
    if opened and (options.statistics or len(opened) > MANY):
        from dindguard.reports import tally

        yield from tally.tables(opened, page.terminal, page.places, whole=options.statistics or options.verbose)
    yield summary.lines(report, options, page.clean)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return the open findings file by file, in each the gravest first."""
    opened = [finding for finding in findings if finding.open]
    return sorted(opened, key=lambda finding: (finding.span.path, -finding.severity))


def _told(notice: Notice, options: Options) -> bool:
    return options.verbose or notice.gravity is not Gravity.NOTE


class _Page:
    """The text report of one scan, in pieces: each method returns lines."""

    def __init__(self, report: Report, options: Options) -> None:
        self.report = report
        self.options = options
        self.terminal = options.terminal
        self.said: set[object] = set()

    @cached_property
    def places(self) -> Places:
        """How places are shown: relative to the current folder."""
        return Places(str(self.report.root))

    @cached_property
    def masks(self) -> Masks:
        """What must not be shown; a page without findings and notices asks for nothing."""
        return Masks(self.report.model, self.report.rules)

    def clean(self, text: str) -> str:
        """Return a message that is safe to print and holds no credential."""
        return self.masks.line(text)

    def place(self, span: Span) -> str:
        """Return ``path:line:column``, linked to the file where the terminal can."""
        text = self.places.shown(span)
        if not self.terminal.links or not span.path:
            return text
        path = f"{self.report.root}/{span.path}".replace(os.sep, "/")
        return self.terminal.link(text, f"file://{safe.uri(path)}")

    def findings(self, findings: list[Finding]) -> Iterator[Iterable[str]]:
        """Yield each finding; those of one file without a line between them when there are many."""
        if len(findings) <= MANY or self.options.verbose:
            yield from map(self.finding, findings)
            return
        counted = enumerate(findings)
        for _, group in groupby(counted, lambda each: each[1].span.path):
            yield (line for number, finding in group for line in self.many(number, finding))

    def many(self, number: int, finding: Finding) -> list[str]:
        """Return one of many findings, of which the first ones are quoted."""
        if number < MOST_QUOTED:
            return self.brief(finding)
        return [f"{self.first(finding)}: {self.clean(finding.message)}"]

    def first(self, finding: Finding) -> str:
        """Return a finding's place, severity and rule."""
        severity = self.terminal.paint(finding.severity.word, SEVERITY_STYLES[finding.severity])
        return f"{self.terminal.paint(self.place(finding.span), 'bold')} {severity} {finding.rule.id}"

    def head(self, finding: Finding) -> list[str]:
        """Return a finding's first lines: place, severity, rule, message."""
        return [self.first(finding), *wrapped(self.clean(finding.message), self.terminal.width, "  ")]

    def finding(self, finding: Finding) -> list[str]:
        """Return a finding: place, message, quoted lines, the way to the host, the advice."""
        lines = self.head(finding)
        related = finding.related if self.options.verbose else most_telling(finding.related)
        marks = [Mark(finding.span), *(Mark(step.span, step.what) for step in related)]
        lines += self.quoted(marks, MARK_STYLES.get(finding.severity, "bold"))
        if rest := len(finding.related) - len(related):
            lines.append(f"  and {plural(rest, 'more place')} (-v shows them)")
        lines += self.way(finding)
        if finding.containment:
            lines += self.labelled("less grave here:", finding.containment)
        if self.new((finding.rule.id, advice(finding))):
            lines += self.advice(finding)
        if self.options.verbose and finding.rule.category != "policy":
            lines += self.waive(finding)
        return lines

    def brief(self, finding: Finding) -> list[str]:
        """Return a finding among many: place, message, its own line, the places beside it by name."""
        lines = self.head(finding)
        own = _line(finding.span)
        beside = [step for step in finding.related if _line(step.span) != own]
        marks = [Mark(step.span, step.what) for step in finding.related if _line(step.span) == own]
        lines += self.quoted([Mark(finding.span), *marks], MARK_STYLES.get(finding.severity, "bold"))
        named = [f"{self.beside(step.span, finding.span)}: {self.clean(step.what)}" for step in beside[:MOST_BESIDE]]
        if rest := len(beside) - len(named):
            named.append(plural(rest, "more place"))
        return [*lines, *(wrapped(f"with {'; '.join(named)}", self.terminal.width, "    ", "  ") if named else ())]

    def beside(self, span: Span, own: Span) -> str:
        """Return a place briefly: its line where it is in the finding's own file."""
        return f"line {span.line}" if span.path == own.path else self.places.shown(span)

    def way(self, finding: Finding) -> list[str]:
        """Return the way to the host: all its steps if asked for, else only where it leads over other places."""
        if not finding.path or not self.new(finding.path):
            return []
        if self.options.verbose:
            return list(self.steps(finding))
        own = {_line(finding.span), _line(finding.path[0].span), *(_line(step.span) for step in finding.related)}
        if all(not step.span.path or _line(step.span) in own for step in finding.path):
            return []
        told: list[str] = []
        for step in finding.path:
            known = not step.span.path or _line(step.span) in own
            told.append(step.what if known else f"{step.what} ({self.beside(step.span, finding.span)})")
            own.add(_line(step.span))
        return self.labelled("the way to the host:", f" {self.terminal.glyphs.arrow} ".join(told))

    def steps(self, finding: Finding) -> Iterator[str]:
        """Yield each step of the way to the host on lines of its own."""
        yield from self.labelled("the way to the host:", "")
        before: Span | None = finding.span
        for number, step in enumerate(finding.path, 1):
            yield from self.step(number, step.what, step.span if step.span != before else None)
            before = step.span

    def waive(self, finding: Finding) -> list[str]:
        """Return the command, for each open subject, that writes an approval record."""
        import shlex

        lines = []
        for subject in finding.subjects:
            if subject.status is Status.OPEN:
                rule, file, at = map(shlex.quote, subject.key)
                command = f"dindguard waive --rule {rule} --file {file} --at {at}"
                lines.append(f"  approve with: {self.masks.text(safe.visible(command))}")
        return lines

    def new(self, what: object) -> bool:
        """Whether something is said for the first time: the same advice ten times is noise."""
        before = len(self.said)
        self.said.add(what)
        return len(self.said) > before

    def quoted(self, marks: list[Mark], style: str) -> list[str]:
        """Return quoted lines; those of other files than the first mark's under their place."""
        digits = max(len(str(mark.span.line)) for mark in marks)
        quoter = Quoter(self.report.sources, self.masks, self.terminal.width - digits - 5, self.terminal.glyphs.cut)
        lines: list[str] = []
        for index, quote in enumerate(quoter.quotes(marks)):
            if index:
                lines.append(f"  {self.place(quote.first)}{self.unquoted(quote, marks)}")
            lines += rows(quote, self.terminal, digits, style)
        return lines

    def unquoted(self, quote: Quote, marks: list[Mark]) -> str:
        """Return what is said of a place whose line cannot be shown."""
        if quote.lines:
            return ""
        return "  " + "; ".join(self.clean(mark.note) for mark in marks if mark.span.path == quote.first.path)

    def step(self, number: int, what: str, span: Span | None) -> list[str]:
        """Return a step of a path, its place at the end unless it is that of the step before."""
        first = f"  {number:>3}. "
        lines = wrapped(self.clean(what), self.terminal.width, " " * len(first), first)
        if span is None:
            return lines
        place = self.place(span)
        length = cells(self.places.shown(span))
        if cells(lines[-1]) + 2 + length <= self.terminal.width:
            lines[-1] += "  " + self.terminal.paint(place, "dim")
        else:
            lines.append(" " * len(first) + self.terminal.paint(place, "dim"))
        return lines

    def labelled(self, label: str, text: str, command: str = "") -> list[str]:
        """Return a paragraph with a coloured label before it and a command, kept on one line, after it."""
        text = self.clean(text) + (f" ({command.replace(' ', GLUE)})" if command else "")
        first, *rest = wrapped(f"{label} {text}", self.terminal.width, "    ", "  ")
        return [first.replace(label, self.terminal.paint(label, "bold"), 1), *rest]

    def advice(self, finding: Finding) -> list[str]:
        """Return what to do, and where to read more."""
        command = f"dindguard explain {finding.rule.id}"
        return self.labelled("instead:", advice(finding), command)

    def notice(self, notice: Notice) -> list[str]:
        """Return a notice: place, what happened, the line, the remedy."""
        style = _GRAVITY_STYLES[notice.gravity]
        head = f"{self.terminal.paint(self.place(notice.span), 'bold')} {self.terminal.paint(notice.gravity, style)}"
        lines = [f"{head} {safe.one_line(notice.kind)}"]
        lines += wrapped(self.clean(notice.message), self.terminal.width, "  ")
        if (notice.span.line, notice.span.column, notice.span.end_column) != (1, 1, 1):
            lines += self.quoted([Mark(notice.span)], style)
        if notice.also:
            places = ", ".join(self.place(span) for span in notice.also[:MOST_SPOTS])
            rest = f", … ({len(notice.also)} in all)" if len(notice.also) > MOST_SPOTS else ""
            lines += wrapped(f"and at {places}{rest}", self.terminal.width, "  ")
        if notice.remedy:
            lines += self.labelled("remedy:", notice.remedy)
        return lines

    def silenced(self) -> Iterator[str]:
        """Yield a line for each silenced finding: who answers for it."""
        for finding in self.report.findings:
            if not finding.open:
                reason = finding.subjects[0].reason
                because = f": {self.clean(reason)}" if reason else ""
                yield f"{self.place(finding.span)} {finding.status} {finding.rule.id}{because}"

    def blind_spots(self) -> list[str]:
        """Return a line for each of the first files that nobody reads although they speak of us."""
        spots = self.report.coverage.blind_spots
        lines = []
        for spot in spots[:MOST_SPOTS]:
            place = self.terminal.paint(self.place(spot.span or Span(spot.path)), "bold")
            words = spot.words if len(spot.words) <= 60 else f"{spot.words[:59]}…"
            what = f" ({spot.what})" if spot.what else ""
            lines.append(
                f"{place} {self.terminal.paint('not judged', 'black on yellow')}: {self.clean(f'{words}{what}')}"
            )
        if len(spots) > MOST_SPOTS:
            lines.append(f"and {plural(len(spots) - MOST_SPOTS, 'more blind spot')} (-v shows them)")
        return lines


def _line(span: Span) -> tuple[str, int]:
    return span.path, span.line
