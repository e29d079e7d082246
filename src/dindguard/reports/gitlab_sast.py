"""GitLab SAST: the security report of a pipeline (report format 15)."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from dindguard import __version__
from dindguard.findings import Finding
from dindguard.reports import Options, advice, errors, safe, sentence, shown_place, worst_first
from dindguard.reports.json import dumps
from dindguard.reports.masking import Masks
from dindguard.source import Gravity, Notice

if TYPE_CHECKING:
    from dindguard.scanning import Report

SCHEMA = "15.2.1"


def render(report: Report, options: Options) -> str:
    """Return open findings as vulnerabilities.

    GitLab demands the time of the scan: ``SOURCE_DATE_EPOCH`` fixes it, for the same bytes on each run.
    """
    del options
    masks = Masks(report.model)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())))
    tool = {"id": "dindguard", "name": "dindguard", "version": __version__, "vendor": {"name": "dindguard"}}
    opened = worst_first(finding for finding in report.findings if finding.open)
    return dumps(
        {
            "version": SCHEMA,
            "scan": {
                "analyzer": tool,
                "scanner": tool,
                "type": "sast",
                "start_time": moment,
                "end_time": moment,
                "status": "failure" if errors(report.notices) else "success",
                "messages": [_message(notice, masks) for notice in report.notices if notice.gravity != Gravity.NOTE],
            },
            "vulnerabilities": [_vulnerability(finding, masks) for finding in opened],
        }
    )


def _message(notice: Notice, masks: Masks) -> dict[str, str]:
    level = "fatal" if notice.gravity is Gravity.ERROR else "warn"
    return {"level": level, "value": safe.one_line(f"{shown_place(notice.span)}: {masks.text(notice.message)}")}


def _vulnerability(finding: Finding, masks: Masks) -> dict[str, Any]:
    rule = finding.rule
    identifiers: list[dict[str, str]] = [{"type": "dindguard_rule", "name": f"dindguard {rule.id}", "value": rule.id}]
    if rule.cwe:
        url = f"https://cwe.mitre.org/data/definitions/{rule.cwe}.html"
        identifiers.append({"type": "cwe", "name": f"CWE-{rule.cwe}", "value": str(rule.cwe), "url": url})
    return {
        "id": _uuid(finding.fingerprint),
        "name": rule.title[:255],
        "description": safe.one_line(sentence(masks.text(finding.message))),
        "severity": finding.severity.word.capitalize(),
        "solution": safe.one_line(sentence(masks.text(advice(finding)))),
        "location": {
            "file": safe.valid(finding.span.path),
            "start_line": finding.span.line,
            "end_line": finding.span.end_line,
        },
        "identifiers": identifiers,
    }


def _uuid(fingerprint: str) -> str:
    import uuid

    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"dindguard:{fingerprint}"))
