"""JUnit XML: every open finding is a failed test, everything that could not be read an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dindguard.findings import Finding
from dindguard.reports import Options, advice, countdowns, errors, safe, shown_place
from dindguard.reports.masking import Masks
from dindguard.reports.quoting import Quoter, most_telling, rows
from dindguard.reports.terminal import Terminal
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.scanning import Report


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the document; a clean scan has one test, which passes, because empty suites look like failures."""
    del options
    for block in _document(report, Masks(report.model, report.rules)):
        yield safe.log_markup(f"{block}\n")


def _document(report: Report, masks: Masks) -> Iterator[str]:
    quoter = Quoter(report.sources, masks)
    opened = [finding for finding in report.findings if finding.open]
    unseen = errors(report.notices)
    wrong = len(opened) + len(unseen)
    counts = f'tests="{wrong or 1}" failures="{len(opened)}" errors="{len(unseen)}"'
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="dindguard" {counts}>'
    yield f'  <testsuite name="dindguard" {counts} skipped="0">'
    yield from _properties(report, masks)
    yield from (_failure(finding, masks, quoter) for finding in opened)
    for each in unseen:
        yield _case(each.span, each.kind, "error", each.kind, masks.text(each.message), safe.one_line(each.remedy))
    if not wrong:
        yield '    <testcase classname="dindguard" name="no findings"/>'
    yield "  </testsuite>"
    yield "</testsuites>"


def _properties(report: Report, masks: Masks) -> list[str]:
    """Return how long old findings may still wait, and which approvals soon run out."""
    rows = [
        f'      <property name="{each.kind}" value="{safe.markup(safe.one_line(masks.text(each.message)))}"/>'
        for each in countdowns(report)
    ]
    return ["    <properties>", *rows, "    </properties>"] if rows else []


def _failure(finding: Finding, masks: Masks, quoter: Quoter) -> str:
    quoted = [
        row
        for quote in quoter.finding(finding, most_telling(finding.related))
        for row in (shown_place(quote.first), *rows(quote, Terminal(width=100), len(str(finding.span.line)), "red"))
    ]
    instead = masks.line(advice(finding))
    body = "\n".join([*quoted, f"instead: {instead} (dindguard explain {finding.rule.id})"])
    return _case(finding.span, finding.rule.id, "failure", finding.severity.word, masks.text(finding.message), body)


def _case(span: Span, name: str, element: str, kind: str, message: str, body: str) -> str:
    place = safe.markup(shown_place(span))
    attributes = f'classname="{safe.markup(span.path or "dindguard")}" name="{safe.markup(name)} {place}"'
    return (
        f'    <testcase {attributes} file="{safe.markup(span.path)}" line="{span.line}">\n'
        f'      <{element} type="{safe.markup(kind)}" message="{safe.markup(safe.one_line(message))}">'
        f"{safe.markup(body)}</{element}>\n"
        "    </testcase>"
    )
