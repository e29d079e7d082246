"""Markdown for comments on a change and for job summaries: a verdict, a table, and the places to open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dindguard.findings import Finding
from dindguard.reports import (
    Options,
    advice,
    blind_spots_in_words,
    by_severity,
    by_status,
    countdowns,
    errors,
    files_in_words,
    nothing_found,
    plural,
    safe,
    sentence,
    shown_place,
    worst_first,
)
from dindguard.reports.masking import Masks
from dindguard.reports.picture import building, folding, mermaid
from dindguard.reports.quoting import Quoter, most_telling, rows
from dindguard.reports.terminal import Terminal
from dindguard.rules import Severity
from dindguard.source import Notice

if TYPE_CHECKING:
    from dindguard.scanning import Report

LONGEST = 60_000
"""GitHub takes comments of 65,536 characters, GitLab of a million: what is beyond this is counted, not shown."""
DRAWN = 2000
"""GitLab draws Mermaid of so many characters without being asked; GitHub of 50,000."""
ROWS = 40
"""Rows of the table by rule and file."""
UNFOLDED = 5
"""So many findings are shown unfolded."""

_SIGNS = {
    Severity.CRITICAL: "🟣",
    Severity.HIGH: "🔴",
    Severity.MEDIUM: "🟠",
    Severity.LOW: "🔵",
    Severity.INFO: "⚪",
}


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the document, in one piece: its length is bounded."""
    del options
    masks = Masks(report.model, report.rules)
    opened = worst_first(finding for finding in report.findings if finding.open)
    page = _Page([f"## dindguard: {_verdict(report, opened)}", _read(report)])
    page.add(_way(report, masks) if opened else "")
    unseen = errors(report.notices)
    page.add_all((_notice(notice, masks) for notice in unseen), len(unseen), "more error")
    waiting = countdowns(report)
    page.add_all((_notice(notice, masks) for notice in waiting), len(waiting), "more approval")
    page.add(_table(opened))
    quoter = Quoter(report.sources, masks, 100)
    fold = len(opened) > UNFOLDED
    if fold:
        page.add(f"<details><summary>{plural(len(opened), 'finding')} in full</summary>")
    page.add_all((_finding(finding, masks, quoter) for finding in opened), len(opened), "more finding")
    yield page.text("</details>" if fold else "")


class _Page:
    """Blocks as long as there is room; what has none is counted, and said at the end."""

    def __init__(self, blocks: list[str]) -> None:
        self.blocks = blocks
        self.cut: list[str] = []
        self.room = LONGEST - sum(len(block) + 2 for block in blocks)

    def add(self, block: str) -> bool:
        """Add a block, if there is room."""
        fits = len(block) + 2 <= self.room
        if block and fits:
            self.blocks.append(block)
            self.room -= len(block) + 2
        return fits

    def add_all(self, blocks: Iterator[str], count: int, noun: str) -> None:
        """Add blocks until one has no room."""
        for index, block in enumerate(blocks):
            if not self.add(block):
                self.cut.append(f"… and {plural(count - index, noun)}: see the log.")
                return

    def text(self, end: str) -> str:
        """Return the document; ``end`` closes what was opened."""
        return "\n\n".join([*self.blocks, *filter(None, (end, *self.cut))]) + "\n"


def _way(report: Report, masks: Masks) -> str:
    """Return how many can become root, and the gravest way as a picture that GitHub and GitLab draw."""
    graph = building.build(report, masks)
    way = folding.gravest_way(folding.legible(graph))
    if not way.nodes:
        return ""
    drawn = mermaid.document(way)
    told = f"**{safe.markdown(graph.counts[0])}.**"
    if len(drawn) > DRAWN:
        return told
    return f"{told} The gravest way:\n\n{safe.fenced(drawn.splitlines(), 'mermaid')}"


def _table(opened: Sequence[Finding]) -> str:
    """Return the findings by rule and file, the gravest first."""
    found: dict[tuple[Severity, str, str], list[int]] = {}
    for finding in opened:
        found.setdefault((finding.severity, finding.rule.id, finding.span.path), []).append(finding.span.line)
    if len(opened) < 2:
        return ""
    lines = ["| | rule | file | lines |", "|---|---|---|---|"]
    for (severity, rule, path), at in list(found.items())[:ROWS]:
        told = ", ".join(map(str, sorted(set(at))[:5])) + (" …" if len(set(at)) > 5 else "")
        lines.append(f"| {_SIGNS[severity]} {severity.word} | {_cell(rule)} | {_cell(path)} | {told} |")
    if len(found) > ROWS:
        lines.append(f"| | and {len(found) - ROWS} more rows | | |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Return text as code in a table, where a bar ends the cell even inside code."""
    return safe.code_span(text.replace("|", "\N{BROKEN BAR}")) if text else ""


def _notice(notice: Notice, masks: Masks) -> str:
    remedy = f" {safe.markdown(masks.text(sentence(notice.remedy)))}" if notice.remedy else ""
    text = safe.markdown(masks.text(sentence(notice.message)))
    return f"> ⚠️ {safe.code_span(shown_place(notice.span))} {text}{remedy}"


def _verdict(report: Report, opened: list[Finding]) -> str:
    if opened:
        return ", ".join(f"{_SIGNS[severity]} {count} {severity.word}" for severity, count in by_severity(opened))
    return nothing_found(report)


def _read(report: Report) -> str:
    parts = files_in_words(report)
    if report.files_unreadable:
        parts.append(f"**{report.files_unreadable} could not be read**")
    silenced = report.policy_summary or tuple(f"{n} {status}" for status, n in by_status(report.findings))
    spots = [f"**{words}**"] if report.open and (words := blind_spots_in_words(report)) else []
    return " · ".join([*spots, ", ".join(parts), *map(safe.markdown, silenced)])


def _finding(finding: Finding, masks: Masks, quoter: Quoter) -> str:
    related = most_telling(finding.related)
    quotes = quoter.finding(finding, related)
    digits = max((len(str(line.number)) for quote in quotes for line in quote.lines), default=1)
    lines = []
    for index, quote in enumerate(quotes):
        lines += [f"  {quote.first}"] * (index > 0)
        lines += rows(quote, Terminal(width=100), digits, "red")
    parts = [
        f"### {_SIGNS[finding.severity]} {finding.severity.word}: {safe.code_span(finding.rule.id)}",
        f"{safe.code_span(str(finding.span))} {safe.markdown(sentence(masks.text(finding.message)))}",
        safe.fenced(lines, "text"),
    ]
    if rest := len(finding.related) - len(related):
        parts.append(f"… and {plural(rest, 'more place')}.")
    steps = [
        f"{n}. {safe.markdown(masks.text(step.what))} ({safe.code_span(str(step.span))})"
        for n, step in enumerate(finding.path, 1)
    ]
    if steps:
        parts.append("\n".join(["The way to the host:", "", *steps]))
    if finding.containment:
        parts.append(f"*Less grave here:* {safe.markdown(masks.text(finding.containment))}.")
    page = safe.code_span(f"dindguard explain {finding.rule.id}")
    parts.append(f"**Instead:** {safe.markdown(masks.text(advice(finding)))} ({page})")
    return "\n\n".join(parts)
