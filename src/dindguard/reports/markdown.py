"""Markdown for comments on a change and for job summaries: a verdict, a table, and the places to open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.findings import Finding
from dindguard.reports import (
    Options,
    advice,
    by_severity,
    by_status,
    empty,
    errors,
    plural,
    safe,
    sentence,
    shown_place,
    worst_first,
)
from dindguard.reports.masking import Masks
from dindguard.reports.quoting import MOST_RELATED, Quoter, rows
from dindguard.reports.terminal import Terminal
from dindguard.rules import Severity

if TYPE_CHECKING:
    from dindguard.scanning import Report

LONGEST = 60_000
"""GitHub takes comments of 65,536 characters: findings beyond this are counted, not shown."""

_SIGNS = {
    Severity.CRITICAL: "🟣",
    Severity.HIGH: "🔴",
    Severity.MEDIUM: "🟠",
    Severity.LOW: "🔵",
    Severity.INFO: "⚪",
}


def render(report: Report, options: Options) -> str:
    """Return the document."""
    del options
    masks = Masks(report.model)
    quoter = Quoter(report.sources, masks, 100)
    opened = worst_first(finding for finding in report.findings if finding.open)
    blocks = [f"## dindguard: {_verdict(report, opened)}", _read(report)]
    size = sum(map(len, blocks))
    for notice in errors(report.notices):
        remedy = f" {safe.markdown(sentence(notice.remedy))}" if notice.remedy else ""
        text = safe.markdown(sentence(masks.text(notice.message)))
        blocks.append(f"> ⚠️ {safe.code_span(shown_place(notice.span))} {text}{remedy}")
    for index, finding in enumerate(opened):
        block = _finding(finding, masks, quoter)
        size += len(block)
        if size > LONGEST:
            blocks.append(f"… and {plural(len(opened) - index, 'more finding')}: see the log.")
            break
        blocks.append(block)
    return "\n\n".join(blocks) + "\n"


def _verdict(report: Report, opened: list[Finding]) -> str:
    if opened:
        return ", ".join(f"{_SIGNS[severity]} {count} {severity.word}" for severity, count in by_severity(opened))
    if errors(report.notices):
        return "no findings, but the scan is incomplete"
    return "nothing to scan" if empty(report) else "no findings"


def _read(report: Report) -> str:
    parts = [f"{plural(report.files_read, 'file')} read"]
    if report.files_without_interest:
        parts.append(f"{report.files_without_interest} without containers or engines")
    if report.files_unreadable:
        parts.append(f"**{report.files_unreadable} could not be read**")
    silenced = report.policy_summary or tuple(f"{n} {status}" for status, n in by_status(report.findings))
    return " · ".join([", ".join(parts), *map(safe.markdown, silenced)])


def _finding(finding: Finding, masks: Masks, quoter: Quoter) -> str:
    quotes = quoter.finding(finding, MOST_RELATED)
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
    if len(finding.related) > MOST_RELATED:
        parts.append(f"… and {plural(len(finding.related) - MOST_RELATED, 'more place')}.")
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
