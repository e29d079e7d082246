"""Allows, waivers and the baseline applied to findings, and the findings about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from dindguard.documents.syntax import TREES
from dindguard.findings import Finding, Status, Subject, identity
from dindguard.policy import WAIVER_FILE, Applied, Surroundings, allow, approval, baseline, review, waivers
from dindguard.policy.catalogue import RULES
from dindguard.policy.waivers import Waiver
from dindguard.records import replace
from dindguard.rules import Confidence, nearest
from dindguard.source import Gravity, Notice, Source, Span


def apply(
    findings: tuple[Finding, ...], around: Surroundings, waiver_source: Source | None, sidecars: Iterable[Source]
) -> Applied:
    """Return findings with the status of each subject, and what policy has to say of its own files."""
    clerk = _Clerk(around, waiver_source, sidecars)
    judged = tuple(clerk.judged(finding) for finding in findings)
    own = sorted(clerk.own_findings(), key=lambda f: (f.span.path, f.span.line, f.span.column, f.rule.id))
    return Applied((*judged, *own), tuple(clerk.notices), _summary(judged), tuple(RULES.values()))


def _summary(judged: Iterable[Finding]) -> tuple[str, ...]:
    """Return what was silenced, in words: ``3 waived``."""
    counts = Counter(finding.status for finding in judged if not finding.open)
    return tuple(f"{counts[status]} {status}" for status in Status if counts[status])


def _named(waiver: Waiver) -> str:
    return f"the waiver of {waiver.rule or 'no rule'} for {waiver.at or 'nothing'}"


class _Clerk:
    """Looks every subject up in the tree's records, and remembers which record was used."""

    def __init__(self, around: Surroundings, waiver_source: Source | None, sidecars: Iterable[Source]) -> None:
        self.around = around
        self.notices: list[Notice] = []
        self.problems: dict[tuple[str, Span, str], Finding] = {}
        self.allows = list(self._read_allows(sidecars)) if around.trusted else []
        self.allows_by_rule: dict[str, list[tuple[int, allow.Allow]]] = {}
        for index, each in enumerate(self.allows):
            for rule in dict.fromkeys(each.rules):
                self.allows_by_rule.setdefault(rule, []).append((index, each))
        self.used_allows: set[tuple[int, str]] = set()
        self.entries = Counter(entry.key for entry in around.baseline)
        self.blames: dict[tuple[str, str, str], list[str]] = {}
        for subject in (subject for finding in around.stamped for subject in finding.subjects):
            self.blames.setdefault(subject.key, []).append(subject.blames)
        self.valid: dict[tuple[str, str, str], Waiver] = {}
        self.used_waivers: set[tuple[str, str, str]] = set()
        if waiver_source is not None:
            self._read_waivers(waiver_source)

    def _read_allows(self, sidecars: Iterable[Source]) -> Iterator[allow.Allow]:
        around = self.around
        texts = (*around.sources.values(), *around.embedded)
        scripts: dict[str, set[int]] = {}
        for source in around.embedded:
            if around.syntax_of(source) not in ("", *TREES) and source.text:
                # The indicator of a block scalar stands on the line before its text.
                line = source.position(0)[0]
                scripts.setdefault(source.path, set()).update((line, line - 1))
        starts = {path: frozenset(lines) for path, lines in scripts.items()}
        yield from allow.find(texts, around.syntax_of, around.known, starts)
        for sidecar in sidecars:
            yield from allow.in_sidecar(sidecar, around.known)

    # -- waivers ------------------------------------------------------------------------------------

    def _read_waivers(self, source: Source) -> None:
        file = waivers.read(source)
        for problem, span in file.faults:
            self._report("waiver-malformed", span, f"{WAIVER_FILE} cannot be used: {problem}", "file")
        around = self.around
        for waiver in file.waivers:
            faults = list(review.reasons(waiver, around.config.approval, around.today, around.files, around.known))
            self._report_waiver(waiver, faults)
            if waiver.key in self.valid:
                self._report_waiver(waiver, [("waiver-twice", waiver.span, "is there twice")])
            elif not faults and not file.faults:
                self.valid[waiver.key] = waiver
                self._warn_of_expiry(waiver)

    def _report_waiver(self, waiver: Waiver, faults: Iterable[review.Fault]) -> None:
        for rule_id, span, problem in faults:
            self._report(rule_id, span, f"{_named(waiver)} {problem}", "|".join(waiver.key))

    def _warn_of_expiry(self, waiver: Waiver) -> None:
        left = waiver.days_left(self.around.today)
        if left <= self.around.config.approval.warn_days:
            when = "today" if left == 0 else f"in {left} day{'s' * (left != 1)}"
            self.notices.append(
                Notice(
                    "waiver-expiring", f"{_named(waiver)} runs out {when}", waiver.place("expires"), Gravity.WARNING,
                    "mend the setting or have it approved again: dindguard waive --renew",
                )
            )  # fmt: skip

    def _waiver_for(self, finding: Finding, subject: Subject) -> Waiver | None:
        waiver = self.valid.get(subject.key)
        if waiver is None:
            return None
        self.used_waivers.add(waiver.key)
        faults = list(review.unfit(waiver, finding.rule, finding.severity, self.around.config.approval))
        blames = self.blames.get(subject.key, [subject.blames])
        if not faults and not approval.holds(waiver.fingerprint, identity(*subject.key), subject.about, blames):
            where = f"{subject.path}:{subject.span.line}"
            problem = f"was approved for other settings than {where} has now"
            faults.append(("waiver-changed", waiver.place("fingerprint"), problem))
        self._report_waiver(waiver, faults)
        return None if faults else waiver

    # -- a finding ----------------------------------------------------------------------------------

    def judged(self, finding: Finding) -> Finding:
        """Return a finding with the status of each of its subjects."""
        return replace(finding, subjects=tuple(self._subject(finding, subject) for subject in finding.subjects))

    def _subject(self, finding: Finding, subject: Subject) -> Subject:
        only_waiver = finding.rule.needs_approval in self.around.config.approval.modes
        waiver = self._waiver_for(finding, subject)
        excuse = self._allow_for(finding, subject)
        known = self._in_baseline(finding, subject)
        if waiver is not None:
            return replace(subject, status=Status.WAIVED, reason=f"{waiver.reason} (until {waiver.expires})")
        if excuse is not None and not only_waiver:
            return replace(subject, status=Status.ALLOWED, reason=excuse.reason)
        if excuse is not None:
            message = f"an allow does not silence {finding.rule.id}, which needs an approval record (dindguard waive)"
            self._report("allow-not-enough", excuse.span, message, f"{finding.rule.id}|{subject.address}")
        if known and not only_waiver:
            return replace(subject, status=Status.BASELINE, reason=f"known in {self.around.baseline_name}")
        return subject

    def _in_baseline(self, finding: Finding, subject: Subject) -> bool:
        key = baseline.entry_of(finding, subject).key if self.entries else None
        if key is None or self.entries[key] <= 0:
            return False
        self.entries[key] -= 1
        return True

    def _allow_for(self, finding: Finding, subject: Subject) -> allow.Allow | None:
        """Return the allow in force that covers any place of a subject's part of a finding."""
        candidates = self.allows_by_rule.get(finding.rule.id)
        if not candidates:
            return None
        shared = finding.places if len(finding.subjects) == 1 else (finding.span,)
        places = (*shared, *subject.places, subject.span)
        for index, candidate in candidates:
            if candidate.covers(finding.rule.id, places):
                self.used_allows.add((index, finding.rule.id))
                if candidate.until is None or candidate.until >= self.around.today:
                    return candidate
        return None

    # -- what policy says itself --------------------------------------------------------------------

    def own_findings(self) -> Iterator[Finding]:
        """Yield the findings about allows, waivers and baseline entries, each once."""
        self._unused_allows()
        self._unused_waivers()
        self._gone_entries()
        yield from self.problems.values()

    def _unused_allows(self) -> None:
        active = self.around.active
        for index, each in enumerate(self.allows):
            names = ", ".join(each.rules)
            unused = [rule for rule in each.rules if rule in active and (index, rule) not in self.used_allows]
            if each.fault:
                self._report("allow-malformed", each.span, f"this allow silences nothing: {each.fault}", names)
            elif each.until is not None and each.until < self.around.today:
                self._report("allow-expired", each.span, f"the allow of {names} ran out on {each.until}", names)
            elif unused:
                message = f"the allow of {', '.join(unused)} silences nothing"
                self._report("allow-unused", each.span, message, names)

    def _unused_waivers(self) -> None:
        for waiver in self.valid.values():
            if waiver.key in self.used_waivers or waiver.rule not in self.around.active:
                continue
            if not self._looked_at(waiver.file):
                continue
            places = [at for rule, file, at in self.blames if (rule, file) == (waiver.rule, waiver.file)]
            hint = nearest(waiver.at, places)
            self._report_waiver(waiver, [("waiver-unused", waiver.span, f"covers nothing in {waiver.file}{hint}")])

    def _gone_entries(self) -> None:
        for entry in self.around.baseline:
            ran = entry.rule in self.around.active or (entry.rule not in self.around.known and "/" not in entry.rule)
            if self.entries[entry.key] > 0 and ran and self._looked_at(entry.file):
                self.entries[entry.key] -= 1
                place = Span(self.around.baseline_name, entry.line, 1, entry.line, 1)
                message = f"{entry.rule} at {entry.at} in {entry.file} is gone, and still in the baseline"
                self._report("baseline-entry-gone", place, message, "|".join(entry.key))

    def _looked_at(self, path: str) -> bool:
        """Whether this scan would know: the file was given, or there is none."""
        return path in self.around.given or self.around.files.open(path) is None

    def _report(self, rule_id: str, span: Span, message: str, at: str) -> None:
        if rule_id in self.around.muted:
            return
        rule = RULES[rule_id]
        subject = Subject(message, rule_id, at, span.path, span)
        self.problems.setdefault(
            (rule_id, span, message),
            Finding(
                rule=rule,
                severity=self.around.config.severities.get(rule_id, rule.severity),
                confidence=Confidence.HIGH,
                message=message,
                span=span,
                subjects=(subject,),
            ),
        )
