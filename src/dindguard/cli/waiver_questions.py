"""What is to be waived, shown before anything is asked, and the questions about it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from dindguard.cli.answers import Question, approver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dindguard.findings import Finding, Subject
    from dindguard.policy.config import Approval
    from dindguard.policy.waiver_file import Waiver
    from dindguard.policy.writing import Value
    from dindguard.report import Report


def show(report: Report, finding: Finding, subject: Subject, old: Waiver | None) -> None:
    """Show a person what they are about to approve: the finding, its line, what is covered, who has to agree."""
    from dindguard.reports import advice
    from dindguard.reports.masking import Masks
    from dindguard.reports.quoting import Quoter
    from dindguard.reports.safe import visible

    masks = Masks(report.model, report.rules)
    lines = [f"{finding.rule.id} ({finding.severity.word}) at {finding.span}", f"  {finding.message}"]
    for quote in Quoter(report.sources, masks).finding(finding, related=()):
        lines += [f"  {line.number} │ {line.excerpt.text}" for line in quote.lines]
    lines += [f"  instead: {advice(finding)}"] if advice(finding) else []
    lines += ["approved is this, and any change of it ends the waiver:", *(f"  {each}" for each in _covered(subject))]
    if old is not None:
        lines.append(f"it was approved on {old.approved} until {old.expires}: {old.reason}")
    lines.append(_needed(finding, report.config.approval))
    click.echo("\n".join(visible(masks.text(line)) for line in lines) + "\n", err=True)


def _covered(subject: Subject) -> Iterator[str]:
    """Yield the attributes that the fingerprint covers and that anybody wrote."""
    from dindguard.policy.approval import content

    for name, value in content(subject.about).items():
        words = ", ".join(dict.fromkeys(_words(value)))
        if words:
            yield f"{name}: {words}"


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _words(each)
    elif value not in (None, "", "off", "unknown", False, "none"):
        yield str(value).replace("|None", "").replace("|off", "")


def _needed(finding: Finding, approval: Approval) -> str:
    if approval.alone:
        return "you approve it yourself, and reports say so"
    if finding.rule.needs_approval in approval.modes and approval.roles:
        return (
            f"it needs the approval of {' and '.join(approval.roles)}, each by a person of its own, never the owner"
        )
    return "it needs an approver who is not the owner"


def questions(report: Report, finding: Finding, fields: dict[str, Value], latest: dt.date) -> list[Question]:
    """Return what has to be asked about a finding. ``fields`` are the answers so far, ``latest`` the last day possible."""
    from dindguard.rules import Severity

    alone = report.config.approval.alone
    asked = [
        Question("reason", "--reason", "Why has it to be (20 characters or more)", _reason),
        Question(
            "alternatives", "--alternative", "What was considered instead (several with ;)", _some, several=True
        ),
    ]
    if finding.severity is Severity.CRITICAL and not alone:
        asked.append(Question("poc", "--poc", "The proof of concept that showed the need (a link)", _some))
    asked.append(Question("owner", "--owner", "Who answers for it", _owner))
    asked.append(
        Question("ticket", "--ticket", "Where was it discussed (a link; may be empty)", _some, optional=True)
    )
    if not alone:

        def check(value: Value) -> str:
            return _approvers(report, finding, fields, value)

        words = "Who approved, as NAME:ROLE (several with ; may be empty)"
        asked.append(Question("approvers", "--approver", words, check, approver, several=True, optional=True))
    asked.append(
        Question(
            "expires", "--expires", "Until when", lambda value: _until(value, latest), default=latest.isoformat()
        )
    )
    return asked


def _some(value: Value) -> str:
    return "" if value else "there must be something"


def _reason(value: Value) -> str:
    from dindguard.policy.waiver_file import reason_fault

    return reason_fault(str(value))


def _owner(value: Value) -> str:
    from dindguard.policy.people import disguised

    problem = disguised(str(value))
    return f"the name {problem}" if problem else _some(value)


def _until(value: Value, latest: dt.date) -> str:
    from dindguard.policy.typed import date_of

    found = date_of(str(value))
    if found is None:
        return "write a date such as 2027-03-31"
    if found > latest:
        return f"the policy allows {latest} at the latest"
    return "" if found >= dt.date.today() else "that day is over"


def _approvers(report: Report, finding: Finding, fields: dict[str, Value], value: Value) -> str:
    """Return the first thing that is wrong with approvers, but for those who are still to come."""
    from dindguard.policy import review, waiver_file
    from dindguard.policy.writing import record
    from dindguard.source import Source
    from dindguard.working_tree import WorkingTree

    mode = finding.rule.needs_approval or "other"
    text = "waivers:\n" + record({**fields, "mode": mode, "approvers": value}, 2)
    (waiver,) = waiver_file.read(Source("waivers.yaml", text)).waivers
    faults = review.of_people(waiver, report.config.approval, WorkingTree(report.root))
    problems = [problem for rule, _, problem in faults if rule != "waiver-lacks-role" or "two roles" in problem]
    return f"it {problems[0]}" if problems else ""
