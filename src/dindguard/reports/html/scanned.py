"""The head of the page: the verdict, what was scanned, and counts that lead somewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dindguard import __version__
from dindguard.findings import Finding
from dindguard.model.engine_versions import as_of
from dindguard.reports import by_severity, errors, files_in_words, nothing_found, plural, safe
from dindguard.reports.html.writing import Writer

if TYPE_CHECKING:
    from dindguard.scanning import Report


def name_of(report: Report) -> str:
    """Return what the scanned tree is called."""
    return os.path.basename(os.path.normpath(os.fspath(report.root))) or os.fspath(report.root)


def verdict(report: Report, opened: Sequence[Finding]) -> str:
    """Return the result in a few words."""
    if opened:
        return ", ".join(f"{count} {severity.word}" for severity, count in by_severity(opened))
    return nothing_found(report)


def head(writer: Writer, opened: Sequence[Finding]) -> Iterator[str]:
    """Yield the title, the facts of the scan and its counts."""
    report = writer.report
    yield f"<header>\n<h1>{writer.text(name_of(report))}</h1>"
    yield '<dl class="facts">'
    for term, fact in _facts(report):
        yield f"<div><dt>{term}</dt><dd>{writer.text(fact)}</dd></div>"
    yield f"</dl>\n{_counts(report, opened)}\n</header>"


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    if report.commit:
        yield "Commit", report.commit[:12]
    if report.since:
        yield "Since", report.since
    if report.today is not None:
        yield "Scanned", report.today.isoformat()
    yield "dindguard", __version__
    yield "Facts of", as_of()
    yield "Rules", str(len(report.rules))
    yield "Files", _files(report)
    if report.policy_summary:
        yield "Policy", ", ".join(report.policy_summary)


def _files(report: Report) -> str:
    parts = files_in_words(report)
    if report.files_unreadable:
        parts.append(f"{report.files_unreadable} could not be read")
    return ", ".join(parts)


def _counts(report: Report, opened: Sequence[Finding]) -> str:
    items = [
        f'<li class="{severity.word}"><a href="#severity-{severity.word}" data-severity="{severity.word}">'
        f"<b>{count}</b> {severity.word}</a></li>"
        for severity, count in by_severity(opened)
    ]
    if not items:
        tone = "good" if verdict(report, opened) == "no findings" else "warning"
        items = [f'<li class="{tone}"><b>0</b> {safe.markup(verdict(report, opened))}</li>']
    if broken := errors(report.notices):
        items.append(f'<li class="warning"><a href="#unseen"><b>{len(broken)}</b> not looked at</a></li>')
    if opened and (spots := len(report.coverage.blind_spots)):
        words = plural(spots, "blind spot").partition(" ")[2]
        items.append(f'<li class="warning"><a href="#unseen"><b>{spots}</b> {words}</a></li>')
    return f'<ul class="counts" aria-label="Open findings">{"".join(items)}</ul>'
