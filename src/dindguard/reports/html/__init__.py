"""One page to keep or send: nothing loaded from elsewhere, readable without script, light, dark, print and phone.

The policy in its head lets our own script and style run, by their hashes, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dindguard.findings import Finding
from dindguard.reports import Options, safe, worst_first
from dindguard.reports.html import approvals, containers, findings, picture, rules, scanned, skeleton, unseen
from dindguard.reports.html.writing import Writer
from dindguard.reports.picture import svg

if TYPE_CHECKING:
    from dindguard.scanning import Report


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the page."""
    del options
    for part in _page(Writer(report)):
        yield safe.log_markup(f"{part}\n")


def _page(writer: Writer) -> Iterator[str]:
    report = writer.report
    opened = worst_first(finding for finding in report.findings if finding.open)
    silenced = worst_first(finding for finding in report.findings if not finding.open)
    words = f"{scanned.name_of(report)}: {scanned.verdict(report, opened)} (dindguard)"
    yield from skeleton.document(
        writer.text(words),
        scanned.head(writer, opened),
        _parts(writer, opened, silenced),
        skeleton.part("page.js"),
        skeleton.part("page.css") + svg.STYLE,
    )


def _parts(writer: Writer, opened: Sequence[Finding], silenced: Sequence[Finding]) -> Iterator[Iterator[str]]:
    yield picture.section(writer)
    yield unseen.section(writer)
    yield findings.section(writer, opened, silenced)
    yield containers.section(writer, opened)
    yield approvals.section(writer)
    yield unseen.notes(writer)
    yield rules.section(finding.rule for finding in (*opened, *silenced))
