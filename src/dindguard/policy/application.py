"""Allows, waivers and the baseline applied to findings, and the findings about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.findings import Finding, Status, Subject
from dindguard.policy import WAIVER_FILE, Applied, Surroundings, allow, baseline, owners, waivers
from dindguard.policy.approval import PROFILE_VERSION, fingerprint
from dindguard.policy.catalogue import RULES
from dindguard.policy.waivers import Waiver
from dindguard.records import replace
from dindguard.rules import Confidence, Severity
from dindguard.source import Gravity, Notice, Source, Span


def apply(findings: tuple[Finding, ...], around: Surroundings, waiver_source: Source | None) -> Applied:
    """Return findings with the status of each subject, and what policy has to say of its own files."""
    clerk = _Clerk(around, waiver_source)
    judged = tuple(clerk.judged(finding) for finding in findings)
    own = sorted(clerk.own_findings(), key=lambda f: (f.span.path, f.span.line, f.span.column, f.rule.id))
    return Applied((*judged, *own), tuple(clerk.notices), clerk.summary(judged), tuple(RULES.values()))


class _Clerk:
    """Looks every subject up in the tree's records, and remembers which record was used."""

    def __init__(self, around: Surroundings, waiver_source: Source | None) -> None:
        self.around = around
        self.notices: list[Notice] = []
        self.problems: list[Finding] = []
        self.allows = allow.find(around.sources) if around.trusted else []
        self.known = {entry.key: entry for entry in around.baseline}
        self.used_allows: set[int] = set()
        self.used_entries: set[tuple[str, str]] = set()
        self.used_waivers: set[int] = set()
        self.valid: dict[tuple[str, str, str], Waiver] = {}
        self.file = waivers.read(waiver_source) if waiver_source is not None else waivers.WaiverFile()
        for problem, span in self.file.faults:
            self._report("waiver-malformed", span, f"{WAIVER_FILE} cannot be used: {problem}", "file")
        for waiver in self.file.waivers:
            self._admit(waiver)

    # -- waivers ------------------------------------------------------------------------------------

    def _admit(self, waiver: Waiver) -> None:
        """Keep a waiver that may be used, and report each reason why one may not."""
        key = (waiver.rule, waiver.file, waiver.at)
        what = f"the waiver of {waiver.rule} for {waiver.at or 'nothing'}"
        faults = list(self._reasons(waiver))
        for rule_id, span, problem in faults:
            self._report(rule_id, span, f"{what} {problem}", "|".join(key))
        if key in self.valid:
            self._report("waiver-twice", waiver.span, f"{what} is there twice", "|".join(key))
        elif not faults:
            self.valid[key] = waiver
            self._warn_of_expiry(waiver, what)

    def _reasons(self, waiver: Waiver) -> Iterator[tuple[str, Span, str]]:
        approval, today = self.around.config.approval, self.around.today
        for problem, span in waiver.faults:
            yield "waiver-malformed", span, f"is malformed: {problem}"
        if waiver.expires is not None and waiver.expires < today:
            days = (today - waiver.expires).days
            yield "waiver-expired", waiver.place("expires"), f"ran out {days} day{'s' * (days != 1)} ago"
        if waiver.approved is not None and waiver.approved > today:
            yield "waiver-malformed", waiver.place("approved"), "is malformed: it is approved in the future"
        if waiver.approved is not None and waiver.expires is not None:
            lasts = (waiver.expires - waiver.approved).days
            if lasts > approval.max_days:
                yield (
                    "waiver-too-long",
                    waiver.place("expires"),
                    f"lasts {lasts} days, the policy allows {approval.max_days}",
                )
        yield from self._people(waiver)

    def _people(self, waiver: Waiver) -> Iterator[tuple[str, Span, str]]:
        approval = self.around.config.approval
        for person in waiver.approvers:
            if person.name.lstrip("@").casefold() == waiver.owner.lstrip("@").casefold():
                yield "waiver-self-approved", person.span, f"is approved by its owner, {person.name}"
        roles = {person.role.casefold() for person in waiver.approvers}
        missing = [role for role in approval.roles if role.casefold() not in roles]
        if waiver.mode in approval.modes and missing and waiver.approvers:
            yield "waiver-lacks-role", waiver.place("approvers"), f"lacks the approval of {' and '.join(missing)}"
        if waiver.mode not in approval.modes and not waiver.approvers and not waiver.faults:
            yield "waiver-lacks-role", waiver.place("approvers"), "is approved by nobody"
        if approval.codeowners:
            allowed = owners.owners_of(WAIVER_FILE, self.around.files)
            for person in waiver.approvers:
                if allowed is not None and person.name.casefold() not in allowed:
                    yield (
                        "waiver-approver-unknown",
                        person.span,
                        f"is approved by {person.name}, who is no code owner of it",
                    )

    def _warn_of_expiry(self, waiver: Waiver, what: str) -> None:
        left = waiver.days_left(self.around.today)
        if left <= self.around.config.approval.warn_days:
            when = "today" if left == 0 else f"in {left} day{'s' * (left != 1)}"
            self.notices.append(
                Notice(
                    "waiver-expiring", f"{what} runs out {when}", waiver.place("expires"), Gravity.WARNING,
                    "mend the setting or renew it: dindguard waive --renew",
                )
            )  # fmt: skip

    def _waiver_for(self, finding: Finding, subject: Subject) -> Waiver | None:
        waiver = self.valid.get((finding.rule.id, subject.path, subject.address))
        if waiver is None:
            return None
        self.used_waivers.add(id(waiver))
        what = f"the waiver of {waiver.rule} for {waiver.at}"
        approval = self.around.config.approval
        if finding.severity is Severity.CRITICAL:
            lasts = (waiver.expires - waiver.approved).days if waiver.expires and waiver.approved else 0
            if lasts > approval.max_days_critical:
                problem = f"lasts {lasts} days, the policy allows {approval.max_days_critical} for a critical finding"
                self._report("waiver-too-long", waiver.place("expires"), f"{what} {problem}", waiver.at)
                return None
            if not waiver.poc:
                problem = "names no proof of concept ('poc'), which a critical finding needs"
                self._report("waiver-malformed", waiver.span, f"{what} {problem}", waiver.at)
                return None
        if finding.rule.needs_approval in approval.modes:
            roles = {person.role.casefold() for person in waiver.approvers}
            missing = [role for role in approval.roles if role.casefold() not in roles]
            if missing:
                problem = f"lacks the approval of {' and '.join(missing)}"
                self._report("waiver-lacks-role", waiver.place("approvers"), f"{what} {problem}", waiver.at)
                return None
        now = fingerprint(subject.identity, subject.about)
        if waiver.fingerprint.partition(":")[0] == PROFILE_VERSION and waiver.fingerprint != now:
            self._report(
                "waiver-changed", waiver.place("fingerprint"),
                f"{what} was approved for other settings than {subject.path}:{subject.span.line} has now", waiver.at,
            )  # fmt: skip
            return None
        return waiver

    # -- a finding ----------------------------------------------------------------------------------

    def judged(self, finding: Finding) -> Finding:
        """Return a finding with the status of each of its subjects."""
        return replace(finding, subjects=tuple(self._subject(finding, subject) for subject in finding.subjects))

    def _subject(self, finding: Finding, subject: Subject) -> Subject:
        only_waiver = finding.rule.needs_approval in self.around.config.approval.modes
        waiver = self._waiver_for(finding, subject)
        if waiver is not None:
            return replace(subject, status=Status.WAIVED, reason=f"{waiver.reason} (until {waiver.expires})")
        excuse = self._allow_for(finding, subject)
        if excuse is not None and not only_waiver:
            return replace(subject, status=Status.ALLOWED, reason=excuse.reason)
        if excuse is not None:
            message = f"an allow does not silence {finding.rule.id}, which needs an approval record"
            self._report("allow-not-enough", excuse.span, message, f"{finding.rule.id}|{subject.address}")
        key = (subject.identity, baseline.danger(finding, subject))
        if key in self.known:
            self.used_entries.add(key)
            if not only_waiver:
                return replace(subject, status=Status.BASELINE, reason=f"known in {self.around.baseline_name}")
        return subject

    def _allow_for(self, finding: Finding, subject: Subject) -> allow.Allow | None:
        places = [finding.span] if len(finding.subjects) > 1 else list(finding.places)
        places.append(subject.span)
        own = [step.span for step in finding.related if step.span.route.startswith(subject.address)]
        for index, candidate in enumerate(self.allows):
            if candidate.covers(finding.rule.id, (*places, *own)):
                self.used_allows.add(index)
                if candidate.until is None or candidate.until >= self.around.today:
                    return candidate
        return None

    # -- what policy says itself --------------------------------------------------------------------

    def own_findings(self) -> Iterator[Finding]:
        """Yield the findings about allows, waivers and baseline entries, each once."""
        self._unused_allows()
        self._unused_waivers()
        self._gone_entries()
        yield from {(f.rule.id, f.span, f.message): f for f in self.problems}.values()

    def _unused_allows(self) -> None:
        for index, each in enumerate(self.allows):
            names = ", ".join(each.rules)
            if each.fault:
                self._report("allow-malformed", each.span, f"this allow cannot be read: {each.fault}", str(index))
            elif each.until is not None and each.until < self.around.today:
                self._report("allow-expired", each.span, f"the allow of {names} ran out on {each.until}", names)
            elif index not in self.used_allows and any(rule in self.around.active for rule in each.rules):
                self._report("allow-unused", each.span, f"the allow of {names} silences nothing", names)

    def _unused_waivers(self) -> None:
        for waiver in self.valid.values():
            looked_at = waiver.file in self.around.given or self.around.files.open(waiver.file) is None
            if id(waiver) not in self.used_waivers and looked_at and waiver.rule in self.around.active:
                message = f"the waiver of {waiver.rule} for {waiver.at} covers nothing in {waiver.file}"
                self._report("waiver-unused", waiver.span, message, f"{waiver.rule}|{waiver.file}|{waiver.at}")

    def _gone_entries(self) -> None:
        for key, entry in self.known.items():
            looked_at = entry.file in self.around.given or self.around.files.open(entry.file) is None
            if key not in self.used_entries and looked_at and entry.rule in self.around.active:
                place = Span(self.around.baseline_name, 1, 1, 1, 1)
                message = f"{entry.rule} at {entry.at} in {entry.file} is gone, and still in the baseline"
                self._report("baseline-entry-gone", place, message, f"{entry.identity}|{entry.danger}")

    def _report(self, rule_id: str, span: Span, message: str, at: str) -> None:
        rule = RULES[rule_id]
        severity = self.around.config.severities.get(rule_id, rule.severity)
        subject = Subject(message, rule_id, at, span.path, span)
        self.problems.append(
            Finding(
                rule=rule,
                severity=severity,
                confidence=Confidence.HIGH,
                message=message,
                span=span,
                subjects=(subject,),
            )
        )

    def summary(self, judged: Iterable[Finding]) -> tuple[str, ...]:
        """Return what was silenced, in words: ``3 waived``."""
        counts: dict[Status, int] = {}
        for finding in judged:
            if not finding.open:
                counts[finding.status] = counts.get(finding.status, 0) + 1
        return tuple(f"{count} {status}" for status, count in counts.items())
