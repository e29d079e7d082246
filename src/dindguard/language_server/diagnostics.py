"""Findings and notices as an editor shows them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from dindguard.language_server.positions import Places
from dindguard.reports.masking import Masks
from dindguard.rules import Severity
from dindguard.source import Gravity

if TYPE_CHECKING:
    from dindguard.findings import Finding
    from dindguard.report import Report
    from dindguard.source import Span

_SEVERITIES = {
    Severity.CRITICAL: lsp.DiagnosticSeverity.Error,
    Severity.HIGH: lsp.DiagnosticSeverity.Error,
    Severity.MEDIUM: lsp.DiagnosticSeverity.Warning,
    Severity.LOW: lsp.DiagnosticSeverity.Information,
    Severity.INFO: lsp.DiagnosticSeverity.Hint,
}
_SOURCE = "dindguard"

_NOT_JUDGED = ("blind-spot", "undecided", "unresolved")
"""Kinds of notices that tell what a scan could not judge: hints beside what is open, too many for a whole project."""


def by_file(report: Report, places: Places, opened: Collection[str] = ()) -> dict[str, list[lsp.Diagnostic]]:
    """Return what is to be shown, by path: every open finding of the project, what could not be read, and what was not
    judged in the files that are ``opened`` in the editor."""
    found: dict[str, list[lsp.Diagnostic]] = {}
    masked = Masks(None).text
    for finding in report.open:
        for span in (finding.span, *finding.copies):
            found.setdefault(span.path, []).append(_of_finding(finding, span, places, masked))
    for notice in report.notices:
        for span in (notice.span, *notice.also):
            error = notice.gravity is Gravity.ERROR and span.path
            if error or (notice.kind in _NOT_JUDGED and span.path in opened):
                message = masked(notice.message + (f": {notice.remedy}" if notice.remedy else ""))
                severity = lsp.DiagnosticSeverity.Error if error else lsp.DiagnosticSeverity.Hint
                shown = lsp.Diagnostic(
                    places.range_of(span), message, severity=severity, code=notice.kind, source=_SOURCE
                )
                found.setdefault(span.path, []).append(shown)
    return found


def refused(at: lsp.Range, message: str) -> lsp.Diagnostic:
    """Return why a project cannot be judged, for its place in a configuration or a file of policy."""
    return lsp.Diagnostic(at, message, severity=lsp.DiagnosticSeverity.Error, code="configuration", source=_SOURCE)


def _of_finding(finding: Finding, at: Span, places: Places, masked: Callable[[str], str]) -> lsp.Diagnostic:
    """Return a finding as a diagnostic at one of its places: the first, or that of a copy."""
    return lsp.Diagnostic(
        range=places.range_of(at),
        message=f"{masked(finding.message)}\n{masked(finding.instead) or finding.rule.advice}".rstrip(),
        severity=_SEVERITIES[finding.severity],
        code=finding.rule.id,
        source=_SOURCE,
        related_information=[
            lsp.DiagnosticRelatedInformation(places.location(span), masked(what))
            for what, span in other_places(finding)
        ],
        data=finding.fingerprint,
    )


def other_places(finding: Finding) -> Iterator[tuple[str, Span]]:
    """Yield the places of a finding besides the one that it points at, each with what it has to do with it."""
    seen = {finding.span}
    for step in (*finding.related, *finding.path):
        if step.span.path and step.span not in seen:
            seen.add(step.span)
            yield step.what, step.span
