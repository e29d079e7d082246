"""What a change brings: the findings that the tree of a Git revision does not have."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from dindguard.findings import Finding, Status, Subject
from dindguard.policy.baseline_file import Gone, Key, entry_of, move_of
from dindguard.records import replace


def new_subjects(findings: Iterable[Finding], before: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, each with the subjects only that ``before`` does not have as open ones.

    A second finding that equals a known one is new: they are counted. One that was moved to another file is known.
    """
    earlier = _Earlier(before)
    unknown = [(finding, [s for s in finding.subjects if not earlier.knows(finding, s)]) for finding in findings]
    new = [(finding, tuple(s for s in subjects if not earlier.moved(finding, s))) for finding, subjects in unknown]
    return tuple(replace(finding, subjects=subjects) for finding, subjects in new if subjects)


class _Earlier:
    """The subjects of the tree before: each answers for one of now."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.open: dict[Key, list[tuple[Finding, Subject]]] = {}
        self.silenced: dict[Key, list[tuple[Finding, Subject]]] = {}
        for finding in findings:
            for subject in finding.subjects:
                places = self.open if subject.status is Status.OPEN else self.silenced
                places.setdefault(entry_of(finding, subject).key, []).append((finding, subject))

    def knows(self, finding: Finding, subject: Subject) -> bool:
        """Whether it was there, and no more silenced than it is now."""
        key = entry_of(finding, subject).key
        if self.open.get(key):
            self.open[key].pop()
            return True
        if subject.status is not Status.OPEN and self.silenced.get(key):
            self.silenced[key].pop()
            return True
        return False

    @cached_property
    def _gone(self) -> Gone:
        """What is not there any more, as it may come again in another file."""
        return Gone(move_of(finding, subject) for left in self.open.values() for finding, subject in left)

    def moved(self, finding: Finding, subject: Subject) -> bool:
        """Whether one that is gone comes again in another file; to be asked when all that are known have been."""
        return self._gone.comes_again(finding, subject)
