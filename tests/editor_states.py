"""States of an edited project: random edits, and all that a report says."""

from __future__ import annotations

import random

from dindguard.findings import Finding
from dindguard.report import Report

TYPED = ("a", " ", "\n", "  ", "x: y\n", "#", '"', "{", "- ", "privileged: true\n", "\N{GRINNING FACE}", "\r\n")


def said(report: Report) -> list[str]:
    """All that a report says, to the last place."""
    found = [*map(_finding, report.findings), *map(_finding, report.doubts)]
    return [*found, *map(repr, report.notices), *map(repr, report.coverage.every())]


def _finding(finding: Finding) -> str:
    subjects = [
        (each.label, each.address, each.path, each.span, each.blames, each.mark, each.status, each.places)
        for each in finding.subjects
    ]
    told = (finding.severity, finding.confidence, finding.message, finding.span, finding.related, finding.path)
    return repr((finding.rule.id, *told, subjects, finding.instead, finding.containment))


def typed(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    if rng.random() < 0.6:
        return text[:at] + rng.choice(TYPED) + text[at:]
    return text[:at] + text[at + rng.randrange(1, 8) :]
