"""The report for people: each finding with the characters that cause it, and a summary."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from dindguard.findings import Finding, Status
from dindguard.reports import Options, advice, by_severity, by_status, empty, errors, plural, safe, shown_place
from dindguard.reports.masking import Masks
from dindguard.reports.quoting import MOST_RELATED, Mark, Quote, Quoter, rows
from dindguard.reports.terminal import GLUE, SEVERITY_STYLES, Terminal, cells, wrapped
from dindguard.source import Gravity, Notice, Span

if TYPE_CHECKING:
    from dindguard.scanning import Report

_GRAVITY_STYLES = {Gravity.ERROR: "bold red", Gravity.WARNING: "bold yellow", Gravity.NOTE: "cyan"}


def render(report: Report, options: Options) -> str:
    """Return findings, then what could not be read, then the summary."""
    page = _Page(report, options)
    blocks = [page.finding(finding) for finding in report.findings if finding.open]
    blocks += [page.notice(notice) for notice in report.notices if _told(notice, options)]
    if options.verbose:
        blocks += [[line] for line in page.silenced()]
    blocks.append(page.summary())
    return safe.log("\n\n".join("\n".join(block) for block in blocks) + "\n")


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
    def masks(self) -> Masks:
        """What must not be shown; a page without findings and notices asks for nothing."""
        return Masks(self.report.model)

    def clean(self, text: str) -> str:
        """Return a message that is safe to print and holds no credential."""
        return self.masks.text(safe.one_line(text))

    def place(self, span: Span) -> str:
        """Return ``path:line:column``, linked to the file where the terminal can."""
        text = shown_place(span)
        if not self.terminal.links or not span.path:
            return text
        path = f"{self.report.root}/{span.path}".replace(os.sep, "/")
        return self.terminal.link(text, f"file://{safe.uri(path)}")

    def finding(self, finding: Finding) -> list[str]:
        """Return a finding: place, message, quoted lines, the way to the host, the advice."""
        paint, style = self.terminal.paint, SEVERITY_STYLES[finding.severity]
        lines = [f"{paint(self.place(finding.span), 'bold')} {paint(finding.severity.word, style)} {finding.rule.id}"]
        lines += wrapped(self.clean(finding.message), self.terminal.width, "  ")
        related = finding.related if self.options.verbose else finding.related[:MOST_RELATED]
        lines += self.quoted([Mark(finding.span), *(Mark(step.span, step.what) for step in related)], style)
        if rest := len(finding.related) - len(related):
            lines.append(f"  and {plural(rest, 'more place')} (-v shows them)")
        if finding.path and self.new(finding.path):
            lines += self.labelled("the way to the host:", "")
            before = finding.span
            for number, step in enumerate(finding.path, 1):
                lines += self.step(number, step.what, step.span if step.span != before else None)
                before = step.span
        if finding.containment:
            lines += self.labelled("less grave here:", finding.containment)
        if self.new((finding.rule.id, advice(finding))):
            lines += self.advice(finding)
        if self.options.verbose and finding.rule.category != "policy":
            lines += self.waive(finding)
        return lines

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
        length = cells(shown_place(span))
        if cells(lines[-1]) + 2 + length <= self.terminal.width:
            lines[-1] += "  " + self.terminal.paint(place, "dim")
        else:
            lines.append(" " * len(first) + self.terminal.paint(place, "dim"))
        return lines

    def labelled(self, label: str, text: str, command: str = "") -> list[str]:
        """Return a paragraph with a coloured label before it and a command, kept on one line, after it."""
        text = self.clean(text) + (f" ({command.replace(' ', GLUE)})" if command else "")
        first, *rest = wrapped(f"{label} {text}", self.terminal.width, "    ", "  ")
        return [first.replace(label, self.terminal.paint(label, "green"), 1), *rest]

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

    def summary(self) -> list[str]:
        """Return the last lines: what was found, what was read, what was silenced."""
        parts = [self.verdict(), self.files(), *map(self.clean, self.report.policy_summary)]
        if not self.report.policy_summary:
            parts += [f"{count} {status}" for status, count in by_status(self.report.findings)]
        notes = sum(1 for notice in self.report.notices if notice.gravity is Gravity.NOTE)
        if notes and not self.options.verbose:
            parts.append(f"{plural(notes, 'note')} (-v shows them)")
        if self.terminal.interactive and self.report.seconds is not None:
            parts.append(f"{self.report.seconds:.2f} s")
        return _flow(parts, self.terminal)

    def verdict(self) -> str:
        """Return the counts by severity, or in so many words that there are none."""
        findings = [finding for finding in self.report.findings if finding.open]
        if findings:
            paint = self.terminal.paint
            counts = (
                paint(f"{n} {severity.word}", SEVERITY_STYLES[severity]) for severity, n in by_severity(findings)
            )
            return f"{', '.join(counts)} in {plural(len({f.span.path for f in findings}), 'file')}"
        if self.report.incomplete:
            return self.terminal.paint("no findings, but the scan is incomplete", "bold red")
        if empty(self.report):
            return self.terminal.paint("nothing to scan: no containers, engines or pipelines found", "bold yellow")
        return self.terminal.paint("no findings", "bold green")

    def files(self) -> str:
        """Return how many files were read, hold nothing of ours, and could not be read."""
        report = self.report
        parts = [f"{plural(report.files_read, 'file')} read"]
        if report.files_without_interest:
            parts.append(f"{report.files_without_interest} without containers or engines")
        if report.files_unreadable:
            # Those that nobody takes for ours are notes, and do not make the scan incomplete.
            style = "bold red" if report.incomplete else "dim"
            parts.append(self.terminal.paint(f"{report.files_unreadable} could not be read", style))
        elif report.incomplete:
            parts.append(self.terminal.paint(plural(len(errors(report.notices)), "error"), "bold red"))
        return ", ".join(parts)


def _flow(parts: list[str], terminal: Terminal) -> list[str]:
    """Join parts by dots, breaking lines between them."""
    lines = [parts[0]]
    for part in parts[1:]:
        joined = f"{lines[-1]} {terminal.glyphs.dot} {part}"
        if _length(joined) > terminal.width:
            lines.append(part)
        else:
            lines[-1] = joined
    return lines


def _length(text: str) -> int:
    import re

    return cells(re.sub(r"\x1b\[[0-9;]*m", "", text))
