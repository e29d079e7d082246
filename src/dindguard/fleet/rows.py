"""A scan's report as rows of the dataset. Every text is masked and printable, as in the other reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dindguard.findings import Finding, Status, Subject
from dindguard.fleet.estate import accesses, containers
from dindguard.fleet.schema import COVERAGE, FINDINGS, REPOSITORIES, WAIVERS, Standing
from dindguard.fleet.staging import Filled, Row
from dindguard.fleet.wording import Wording
from dindguard.model.container import Container
from dindguard.reports import advice, errors
from dindguard.rules import Severity, blamed

if TYPE_CHECKING:
    from dindguard.fleet.claims import Claims
    from dindguard.report import Report


def all_rows(report: Report, claims: Claims, wording: Wording, facts: Mapping[str, Any]) -> Iterator[Row]:
    """Yield every row of a report; ``facts`` are the columns of its row in ``repositories`` that a report does not tell."""
    yield repository(report, wording, facts)
    yield from findings(report, claims, wording)
    yield from coverage(report, wording)
    yield from containers(report, wording)
    yield from accesses(report, wording)
    yield from waivers(claims, wording)


def repository(report: Report, wording: Wording, facts: Mapping[str, Any]) -> Row:
    """Return the row of the repository itself."""
    counts = Counter(finding.severity for finding in report.open)
    covered = report.coverage
    return Filled(REPOSITORIES).row(
        **wording.of,
        **facts,
        standing=standing_of(report).value,
        notices=[f"{wording.at(each.span)}{wording.text(each.message)}" for each in errors(report.notices)],
        files=len(covered.files) + sum(map(len, covered.plain.values())),
        files_read=report.files_read,
        files_unreadable=report.files_unreadable,
        blind_spots=len(covered.blind_spots),
        ways_to_root=sum(container.escape is not None for container in report.model.containers),
        **{f"open_{severity.word}": counts[severity] for severity in Severity},
    )


def standing_of(report: Report) -> Standing:
    """Return what became of a repository whose scan came to its end."""
    return Standing.INCOMPLETE if report.incomplete else Standing.SCANNED


def findings(report: Report, claims: Claims, wording: Wording) -> Iterator[Row]:
    """Yield a row for each subject of each finding."""
    row = Filled(FINDINGS).row
    for finding in report.findings:
        rule, span = finding.rule, finding.span
        common = {
            **wording.of,
            **wording.place(span),
            "fingerprint": finding.fingerprint,
            "rule": rule.id,
            "title": rule.title,
            "category": rule.category,
            "severity": finding.severity.word,
            "severity_rank": int(finding.severity),
            "confidence": finding.confidence.value,
            "end_line": span.end_line,
            "end_column": span.end_column,
            "message": wording.text(finding.message),
            "instead": wording.text(advice(finding)),
            "containment": wording.text(finding.containment),
            "owners": wording.owners(span.path),
        }
        for subject in finding.subjects:
            yield row(
                **common,
                **_way(finding, subject, wording),
                identity=subject.identity,
                status=subject.status.value,
                claimed=claims.status.get(subject.identity, Status.OPEN).value,
                subject=wording.text(subject.label),
                address=wording.text(subject.address),
            )


def _way(finding: Finding, subject: Subject, wording: Wording) -> dict[str, Any]:
    about = blamed(subject.about)
    escape = about.escape if isinstance(about, Container) else None
    return wording.way(escape.steps if escape is not None else finding.path)


def coverage(report: Report, wording: Wording) -> Iterator[Row]:
    """Yield a row for each file of which more is known."""
    row = Filled(COVERAGE).row
    for file in report.coverage.files:
        yield row(
            **wording.of,
            path=wording.valid(file.path),
            state=file.state.value,
            what=wording.text(file.what),
            words=wording.text(file.words),
            line=file.span.line if file.span is not None else 0,
            column=file.span.column if file.span is not None else 0,
            undecided=file.undecided,
            owners=wording.owners(file.path),
        )


def waivers(claims: Claims, wording: Wording) -> Iterator[Row]:
    """Yield a row for each record of the repository's waiver file."""
    row = Filled(WAIVERS).row
    for claim in claims.waivers:
        waiver = claim.waiver
        yield row(
            **wording.of,
            rule=wording.text(waiver.rule),
            path=wording.valid(waiver.file),
            address=wording.text(waiver.at),
            mode=wording.text(waiver.mode),
            reason=wording.text(waiver.reason),
            owner=wording.text(waiver.owner),
            approvers=[wording.text(f"{each.name} ({each.role})") for each in waiver.approvers],
            ticket=wording.text(waiver.ticket),
            approved=waiver.approved.isoformat() if waiver.approved is not None else None,
            expires=waiver.expires.isoformat() if waiver.expires is not None else None,
            line=waiver.span.line,
            faults=[wording.text(fault) for fault in claim.faults],
            covers=claim.covers,
            in_force=claim.in_force,
        )
