"""GitLab Code Quality: a list of problems that a merge request shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from dindguard.findings import Finding
from dindguard.reports import Options, alerts, countdowns, errors, json_pieces, safe, sentence, worst_first
from dindguard.reports.masking import Masks
from dindguard.rules import Severity
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.scanning import Report

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield open findings, the gravest first; what could not be read is in the list as well."""
    del options
    masks = Masks(report.model, report.rules)
    # GitLab refuses a fingerprint that comes twice: the last issue takes the place of the first.
    issues = dict(_issues(report, masks))
    return json_pieces.document(make(mark) for mark, make in issues.items())


def _issues(report: Report, masks: Masks) -> Iterator[tuple[str, Callable[[str], dict[str, Any]]]]:
    """Yield the fingerprint of each issue, and what makes the issue of it."""
    for finding in worst_first(finding for finding in alerts(report) if finding.open):
        mark = finding.fingerprint
        if not mark:
            mark = _hash(finding.rule.id, finding.span.path, sentence(masks.text(finding.message)))
        yield mark, partial(_finding, finding, masks)
    for notice in errors(report.notices):
        name = f"not-looked-at/{notice.kind}"
        # A notice has no identity; its place and words are what GitLab can tell it by.
        mark = _hash(name, notice.span.path, notice.message)
        yield mark, partial(_issue, name, sentence(masks.text(notice.message)), "major", notice.span)
    for notice in countdowns(report):
        text = sentence(masks.text(f"{notice.message}: {notice.remedy}"))
        mark = _hash(notice.kind, notice.span.path, notice.span.route)
        yield mark, partial(_issue, notice.kind, text, "info", notice.span)


def _finding(finding: Finding, masks: Masks, mark: str) -> dict[str, Any]:
    text = sentence(masks.text(finding.message))
    return _issue(finding.rule.id, text, _SEVERITIES[finding.severity], finding.span, mark)


def _issue(name: str, text: str, severity: str, span: Span, mark: str) -> dict[str, Any]:
    return {
        "description": safe.one_line(text),
        "check_name": name,
        "fingerprint": mark,
        "severity": severity,
        "location": {"path": safe.valid(span.path) or ".", "lines": {"begin": span.line}},
    }


def _hash(*parts: str) -> str:
    from dindguard.digests import sha256

    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
