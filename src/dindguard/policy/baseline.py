"""The register of the baseline: which findings are known, which entries are gone, and how long grace lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.findings import Finding, Status, Subject
from dindguard.policy.baseline_file import BaselineFile, Entry, entry_of, move_of
from dindguard.policy.complaints import Complaint, Standing
from dindguard.source import Gravity, Notice, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dindguard.policy.baseline_file import Key, Move
    from dindguard.policy.surroundings import Surroundings


class Baseline:
    """The known findings of a file. Each entry answers for one subject, in its file or in the one it was moved to."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.file = around.baseline or BaselineFile()
        self._left: dict[Key, list[Entry]] = {}
        for entry in self.file.entries:
            self._left.setdefault(entry.key, []).append(entry)
        self._moves: dict[Move, list[Entry]] | None = None
        self._waiting = 0
        self._late = 0
        self._moved = 0

    def standing(self, finding: Finding, subject: Subject) -> Standing | None:
        """Return *in baseline* when an entry is left that names a subject where it is."""
        if not self.file.entries:
            return None
        return self._by(self._left.get(entry_of(finding, subject).key), finding)

    def followed(self, finding: Finding, subject: Subject) -> Standing | None:
        """Return *in baseline* when a subject was moved to its file; to be asked once all have been looked up."""
        if self._moves is None:
            self._moves = {}
            for entry in (entry for entries in self._left.values() for entry in entries):
                if entry.content and self.around.looked_at(entry.file):
                    self._moves.setdefault(entry.move, []).append(entry)
        if not self._moves:
            return None
        standing = self._by(self._moves.get(move_of(finding, subject)), finding)
        self._moved += standing is not None
        return standing

    def _by(self, entries: list[Entry] | None, finding: Finding) -> Standing | None:
        """Use up one of the entries; what needs an approval is known by grace only, as long as that lasts."""
        bound = finding.rule.needs_approval in self.around.config.approval.modes
        entry = next((each for each in entries or () if each.grace or not bound), None)
        if entry is None:
            return None
        own = self._left[entry.key]
        own.remove(entry)
        if entries is not own and entries is not None:
            entries.remove(entry)
        if not entry.grace:
            return Standing(Status.BASELINE, f"known in {self.file.name}")
        grace = self.file.grace
        if grace is None or grace.left(self.around.today) < 0:
            self._late += 1
            return None
        self._waiting += 1
        return Standing(
            Status.BASELINE, f"in grace until {grace.until} ({_days(grace.left(self.around.today))} left)"
        )

    def complaints(self) -> Iterator[Complaint]:
        """Yield the entries whose finding is gone, and the end of the time of grace."""
        grace = self.file.grace
        if self._late and grace is not None:
            over = -grace.left(self.around.today)
            message = (
                f"the time of grace ran out {_days(over)} ago, and {_findings(self._late)} still without approval"
            )
            yield Complaint("baseline-grace-over", self._line(grace.line), message, "grace")
        for entry in self.file.entries:
            left = self._left[entry.key]
            if entry in left and self._ran(entry) and self.around.looked_at(entry.file):
                left.remove(entry)
                message = f"{entry.rule} at {entry.at} in {entry.file} is gone, and still in the baseline"
                yield Complaint("baseline-entry-gone", self._line(entry.line), message, "|".join(entry.key))

    def _ran(self, entry: Entry) -> bool:
        known = self.around.known
        return entry.rule in self.around.active or (entry.rule not in known and "/" not in entry.rule)

    def _line(self, line: int) -> Span:
        return Span(self.file.name, line, 1, line, 1)

    def notices(self) -> Iterator[Notice]:
        """Yield how long grace still lasts, and that entries were followed to other files."""
        grace = self.file.grace
        if self._waiting and grace is not None:
            left = _days(grace.left(self.around.today))
            yield Notice(
                "grace", f"{_findings(self._waiting)} in grace until {grace.until}: {left} left",
                self._line(grace.line), Gravity.WARNING, "fix them, or have each approved: dindguard waive",
            )  # fmt: skip
        if self._moved:
            count = f"{self._moved} known finding{'s were' if self._moved != 1 else ' was'}"
            yield Notice(
                "baseline-moved", f"{count} moved to another file", self._line(1), Gravity.NOTE,
                "dindguard baseline update writes the new places down",
            )  # fmt: skip


def _days(count: int) -> str:
    return f"{count} day{'s' * (count != 1)}"


def _findings(count: int) -> str:
    return f"{count} finding{'s are' if count != 1 else ' is'}"
