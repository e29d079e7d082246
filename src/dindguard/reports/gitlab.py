"""GitLab Code Quality: a list of problems that a merge request shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dindguard.reports import Options, alerts, countdowns, errors, safe, sentence, worst_first
from dindguard.reports.json import dumps
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


def render(report: Report, options: Options) -> str:
    """Return open findings, the gravest first; what could not be read is in the list as well."""
    del options
    masks = Masks(report.model)
    issues = [
        _issue(
            finding.rule.id,
            sentence(masks.text(finding.message)),
            _SEVERITIES[finding.severity],
            finding.fingerprint,
            finding.span,
        )
        for finding in worst_first(finding for finding in alerts(report) if finding.open)
    ]
    for notice in errors(report.notices):
        name = f"not-looked-at/{notice.kind}"
        # A notice has no identity; its place and words are what GitLab can tell it by.
        mark = _hash(name, notice.span.path, notice.message)
        issues.append(_issue(name, sentence(masks.text(notice.message)), "major", mark, notice.span))
    for notice in countdowns(report):
        text = sentence(masks.text(f"{notice.message}: {notice.remedy}"))
        mark = _hash(notice.kind, notice.span.path, notice.span.route)
        issues.append(_issue(notice.kind, text, "info", mark, notice.span))
    return dumps(list({issue["fingerprint"]: issue for issue in issues}.values()))


def _issue(name: str, text: str, severity: str, fingerprint: str, span: Span) -> dict[str, Any]:
    return {
        "description": safe.one_line(text),
        "check_name": name,
        "fingerprint": fingerprint or _hash(name, span.path, text),
        "severity": severity,
        "location": {"path": safe.valid(span.path) or ".", "lines": {"begin": span.line}},
    }


def _hash(*parts: str) -> str:
    import hashlib

    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
