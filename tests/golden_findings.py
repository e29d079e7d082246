"""What every fixture gives, written down: ``python tests/golden_findings.py`` renews it, and its diff is read by people.

One file a rule in ``tests/data/findings``. A finding is its place, rule, severity, confidence and identity, its message,
and below it why its severity was lowered, its other places, the way to the host, and what is advised where the rule's page
says something else. Every rule looks at every fixture, so that a change of the model shows in those of others, too.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path

from dindguard.findings import Finding
from dindguard.rules import Step
from dindguard.source import Notice
from fixture_files import RULES, Fixture, fixtures

TODAY = dt.date(2026, 12, 1)
"""So that nothing expires."""

WRITTEN = Path(__file__).parent / "data" / "findings"


def golden(rule: str) -> str:
    """Return what the fixtures of a rule give, as text."""
    return "\n".join(line for each in fixtures() if each.rule == rule for line in fixture_lines(each)) + "\n"


def fixture_lines(fixture: Fixture) -> Iterator[str]:
    """Return what one fixture gives, as lines."""
    report = fixture.scan(profile="all", today=TODAY)
    yield f"== {fixture.path.name}"
    for finding in report.findings:
        yield from _finding(finding)
    yield from sorted(map(_notice, report.notices))


def _finding(finding: Finding) -> Iterator[str]:
    silenced = "" if finding.open else f" {finding.status.value}"
    yield f"{finding.span} {finding.severity} {finding.rule.id} ({finding.confidence.value}){silenced}"
    yield f"    {finding.message}"
    if finding.containment:
        yield f"    lowered: {finding.containment}"
    yield from (f"    also {_step(finding, step)}" for step in finding.related)
    if finding.path:
        yield f"    way {' → '.join(_step(finding, step) for step in finding.path)}"
    if finding.instead:
        yield f"    instead {finding.instead}"
    for subject in finding.subjects:
        yield f"    {subject.identity} {subject.label}"


def _step(finding: Finding, step: Step) -> str:
    file = "" if step.span.path == finding.span.path else f"{step.span.path}:"
    return f"{file}{step.span.line}:{step.span.column} {step.what}"


def _notice(notice: Notice) -> str:
    return f"note {notice.span}: {notice.message}"


def main() -> None:
    WRITTEN.mkdir(parents=True, exist_ok=True)
    for file in WRITTEN.glob("*.txt"):
        file.unlink()
    for rule in RULES:
        (WRITTEN / f"{rule}.txt").write_text(golden(rule), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
