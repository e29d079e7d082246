"""What is wrong with a waiver by itself: what it says, its dates, its people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

from dindguard.files import Files
from dindguard.policy import owners
from dindguard.policy.config import WAIVER_FILE, Approval
from dindguard.policy.people import People, disguised
from dindguard.policy.waiver_file import Waiver
from dindguard.rules import Rule, Severity, nearest
from dindguard.source import Span

Fault = tuple[str, Span, str]
"""A rule of policy, a place, and words that complete "the waiver of X …"."""


def reasons(
    waiver: Waiver, approval: Approval, today: dt.date, files: Files, known: Collection[str]
) -> Iterator[Fault]:
    """Yield each reason why a waiver cannot be used, whatever it covers. ``known`` are the ids of all rules."""
    for problem, span in waiver.faults:
        yield "waiver-malformed", span, f"is malformed: {problem}"
    if waiver.rule and waiver.rule not in known and "/" not in waiver.rule:
        problem = f"there is no rule '{waiver.rule}'{nearest(waiver.rule, known)}"
        yield "waiver-malformed", waiver.place("rule"), f"is malformed: {problem}"
    yield from _dates(waiver, approval, today)
    yield from of_people(waiver, approval, files)


def _dates(waiver: Waiver, approval: Approval, today: dt.date) -> Iterator[Fault]:
    if waiver.expires is not None and waiver.expires < today:
        days = (today - waiver.expires).days
        yield "waiver-expired", waiver.place("expires"), f"ran out {days} day{'s' * (days != 1)} ago"
    if waiver.approved is not None and waiver.approved > today:
        yield "waiver-malformed", waiver.place("approved"), "is malformed: it is approved in the future"
    if waiver.lasts > approval.max_days:
        problem = f"lasts {waiver.lasts} days, the policy allows {approval.max_days}"
        yield "waiver-too-long", waiver.place("expires"), problem


def of_people(waiver: Waiver, approval: Approval, files: Files) -> Iterator[Fault]:
    """Yield what is wrong with the people of a waiver: their names, their roles, who they are."""
    yield from _names(waiver)
    if approval.alone:
        return
    if not waiver.approvers:
        problem = (
            "is malformed: 'approvers' names nobody"
            if "approvers" in waiver.given
            else "is malformed: it lacks 'approvers'"
        )
        yield "waiver-malformed", waiver.place("approvers"), problem
        return
    people = People(approval.people)
    for approver in waiver.approvers:
        if people.one(approver.name) == people.one(waiver.owner):
            yield "waiver-self-approved", approver.span, f"is approved by its owner, {approver.name}"
    if waiver.mode in approval.modes:
        yield from _roles(waiver, approval, people)
    if approval.codeowners:
        yield from _owners(waiver, people, files)


def _names(waiver: Waiver) -> Iterator[Fault]:
    """Yield the names that seem to be somebody else's."""
    for name, span in ((waiver.owner, waiver.place("owner")), *((each.name, each.span) for each in waiver.approvers)):
        problem = disguised(name)
        if problem:
            yield "waiver-malformed", span, f"is malformed: the name '{name}' {problem}"


def _owners(waiver: Waiver, people: People, files: Files) -> Iterator[Fault]:
    """Yield the approvers that CODEOWNERS does not name for the waiver file."""
    allowed = owners.owners_of(WAIVER_FILE, files)
    if allowed is None:
        problem = "cannot be checked: 'approval.codeowners' is set, and there is no CODEOWNERS file"
        yield "waiver-approver-unknown", waiver.place("approvers"), problem
        return
    for approver in waiver.approvers:
        if not people.among(approver.name, allowed):
            problem = f"is approved by {approver.name}, who is no code owner of {WAIVER_FILE}"
            yield "waiver-approver-unknown", approver.span, problem


def _roles(waiver: Waiver, approval: Approval, people: People) -> Iterator[Fault]:
    """Every required role needs a person of its own, who holds it."""
    missing = [
        role for role in approval.roles if role.casefold() not in {a.role.casefold() for a in waiver.approvers}
    ]
    if missing:
        yield "waiver-lacks-role", waiver.place("approvers"), f"lacks the approval of {' and '.join(missing)}"
        return
    yield from _holders(waiver, approval, people)
    required = {role.casefold() for role in approval.roles}
    roles: dict[str, set[str]] = {}
    for approver in waiver.approvers:
        if approver.role.casefold() in required:
            roles.setdefault(people.one(approver.name), set()).add(approver.role.casefold())
    if len(roles) < len(required):
        twice = next(each for each in waiver.approvers if len(roles.get(people.one(each.name), ())) > 1)
        problem = f"has {twice.name} approve for two roles: each needs somebody of its own"
        yield "waiver-lacks-role", twice.span, problem


def _holders(waiver: Waiver, approval: Approval, people: People) -> Iterator[Fault]:
    """Yield the approvers who claim a role that the organisation gives to others."""
    for approver in waiver.approvers:
        holders = approval.holders.get(approver.role.casefold())
        if holders is not None and not people.among(approver.name, holders):
            problem = f"is approved by {approver.name} as {approver.role}, a role that the policy does not give them"
            yield "waiver-approver-unknown", approver.span, problem


def unfit(waiver: Waiver, rule: Rule, severity: Severity, approval: Approval) -> Iterator[Fault]:
    """Yield each reason why a waiver, sound by itself, cannot cover a finding of this rule and severity."""
    if waiver.mode != (rule.needs_approval or "other"):
        problem = f"is malformed: 'mode' must be {rule.needs_approval or 'other'} for {rule.id}"
        yield "waiver-malformed", waiver.place("mode"), problem
    if severity is Severity.CRITICAL:
        if waiver.lasts > approval.max_days_critical:
            problem = (
                f"lasts {waiver.lasts} days, the policy allows {approval.max_days_critical} for a critical finding"
            )
            yield "waiver-too-long", waiver.place("expires"), problem
        if not waiver.poc and not approval.alone:
            problem = "is malformed: it names no proof of concept ('poc'), which a critical finding needs"
            yield "waiver-malformed", waiver.span, problem
