"""The register of waivers: which of them hold for a finding, and what is wrong with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.findings import Finding, Status, Subject, identity
from dindguard.policy import approval, review, waiver_file
from dindguard.policy.complaints import Complaint, Standing
from dindguard.policy.config import WAIVER_FILE
from dindguard.rules import nearest
from dindguard.source import Gravity, Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dindguard.policy.surroundings import Surroundings
    from dindguard.policy.waiver_file import Key, Waiver
    from dindguard.source import Source


class Waivers:
    """The approval records of ``.dindguard/waivers.yaml``; ``source`` is ``None`` when there is no such file."""

    def __init__(self, around: Surroundings, source: Source | None) -> None:
        self.around = around
        self.records: tuple[Waiver, ...] = ()
        """Every record that was read, those not in force among them."""
        self._valid: dict[Key, Waiver] = {}
        self._used: set[Key] = set()
        self._complaints: list[Complaint] = []
        self._blames: dict[Key, list[str]] = {}
        for subject in (subject for finding in around.stamped for subject in finding.subjects):
            self._blames.setdefault(subject.key, []).append(subject.blames)
        if source is not None:
            self._admit(waiver_file.read(source))

    def _admit(self, file: waiver_file.WaiverFile) -> None:
        """Keep the records that are sound by themselves."""
        for problem, span in file.faults:
            message = f"{WAIVER_FILE} cannot be used: {problem}"
            self._complaints.append(Complaint("waiver-malformed", span, message, "file"))
        around = self.around
        self.records = file.waivers
        for waiver in file.waivers:
            faults = list(
                review.reasons(waiver, around.config.approval, around.today, around.authority, around.known)
            )
            if waiver.key in self._valid:
                faults.append(("waiver-twice", waiver.span, "is there twice"))
            elif not faults and not file.faults:
                self._valid[waiver.key] = waiver
            self._complain(waiver, faults)

    def _complain(self, waiver: Waiver, faults: Iterable[review.Fault]) -> None:
        at = "|".join(waiver.key)
        self._complaints += [Complaint(rule, span, f"{waiver} {problem}", at) for rule, span, problem in faults]

    def standing(self, finding: Finding, subject: Subject) -> Standing | None:
        """Return *waived* when a waiver holds for a subject as it is now."""
        waiver = self._valid.get(subject.key)
        if waiver is None:
            return None
        self._used.add(waiver.key)
        faults = list(review.unfit(waiver, finding.rule, finding.severity, self.around.config.approval))
        if not faults:
            faults.extend(self._changed(waiver, subject))
        self._complain(waiver, faults)
        if faults:
            return None
        own = "; its owner's own approval" if self.around.config.approval.alone else ""
        return Standing(Status.WAIVED, f"{waiver.reason} (until {waiver.expires}{own})", waiver.as_data())

    def _changed(self, waiver: Waiver, subject: Subject) -> Iterator[review.Fault]:
        blames = self._blames.get(subject.key, [subject.blames])
        if not approval.holds(waiver.fingerprint, identity(*subject.key), subject.about, blames):
            problem = f"was approved for other settings than {subject.path}:{subject.span.line} has now"
            yield "waiver-changed", waiver.place("fingerprint"), problem

    def complaints(self) -> Iterator[Complaint]:
        """Yield what is wrong with each record, and those that cover nothing any more."""
        for waiver in self._valid.values():
            looked = waiver.rule in self.around.active and self.around.looked_at(waiver.file)
            if looked and waiver.key not in self._used:
                places = [at for rule, file, at in self._blames if (rule, file) == (waiver.rule, waiver.file)]
                problem = f"covers nothing in {waiver.file}{nearest(waiver.at, places)}"
                self._complain(waiver, [("waiver-unused", waiver.span, problem)])
        yield from self._complaints

    def notices(self) -> Iterator[Notice]:
        """Yield the waivers that soon run out."""
        for waiver in self._valid.values():
            left = waiver.days_left(self.around.today)
            if left <= self.around.config.approval.warn_days:
                when = "today" if left == 0 else f"in {left} day{'s' * (left != 1)}"
                yield Notice(
                    "waiver-expiring", f"{waiver} runs out {when}", waiver.place("expires"), Gravity.WARNING,
                    "fix the setting or have it approved again: dindguard waive --renew",
                )  # fmt: skip
