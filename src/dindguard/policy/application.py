"""The registers asked in turn: what silences a finding, and what they say of themselves."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dindguard.findings import Finding, Status, Subject
from dindguard.policy.allows import Allows
from dindguard.policy.baseline import Baseline
from dindguard.policy.catalogue import RULES
from dindguard.policy.surroundings import Applied, Surroundings
from dindguard.policy.waivers import Waivers
from dindguard.records import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dindguard.policy.complaints import Complaint, Register, Standing
    from dindguard.source import Source

    Ask = Callable[[Finding, Subject], Standing | None]


def apply(
    findings: tuple[Finding, ...], around: Surroundings, waiver_source: Source | None, sidecars: Iterable[Source]
) -> Applied:
    """Return findings with the status of each subject, and what policy has to say of its own files."""
    waivers, allows, baseline = Waivers(around, waiver_source), Allows(around, sidecars), Baseline(around)
    registers: tuple[Register, ...] = (waivers, allows, baseline)
    # Every register is asked for every subject, because each reports what it could not use.
    judged = tuple(_judged(finding, [register.standing for register in registers]) for finding in findings)
    judged = tuple(
        _judged(finding, [baseline.followed, allows.followed]) if finding.open else finding for finding in judged
    )
    complaints = [each for register in registers for each in register.complaints()]
    if around.trust is not None:
        from dindguard.policy.weakening import weakenings

        complaints += weakenings(around)
    notices = tuple(notice for register in registers for notice in register.notices())
    return Applied(
        (*judged, *_own(complaints, around)), notices, _summary(judged), tuple(RULES.values()), waivers.records
    )


def _judged(finding: Finding, asked: Iterable[Ask]) -> Finding:
    return replace(finding, subjects=tuple(_standing(finding, subject, asked) for subject in finding.subjects))


def _standing(finding: Finding, subject: Subject, asked: Iterable[Ask]) -> Subject:
    if subject.status is not Status.OPEN:
        return subject
    found = next((standing for standing in [ask(finding, subject) for ask in asked] if standing is not None), None)
    if found is None:
        return subject
    return replace(subject, status=found.status, reason=found.reason, record=found.record)


def _own(complaints: Iterable[Complaint], around: Surroundings) -> list[Finding]:
    """Return complaints as findings, each once, by place, without those that are turned off."""
    told = {(each.rule, each.span, each.message): each for each in complaints if each.rule not in around.muted}
    findings = [each.finding(around.config.severities) for each in told.values()]
    return sorted(findings, key=lambda f: (f.span.path, f.span.line, f.span.column, f.rule.id))


def _summary(judged: Iterable[Finding]) -> tuple[str, ...]:
    """Return what was silenced, in words: ``3 waived``."""
    counts = Counter(finding.status for finding in judged if not finding.open)
    return tuple(f"{counts[status]} {status}" for status in Status if counts[status])
