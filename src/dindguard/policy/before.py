"""What the trusted revision allows by itself: an allow holds where it held before, or where its file was moved to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dindguard.findings import Finding, Status, Subject
from dindguard.policy.baseline_file import Gone, Key, Move, entry_of, move_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable


class Before:
    """The allowed subjects of the trusted revision; its scan is made when somebody asks.

    ``now`` are all findings of today's tree, by which is told what is gone.
    """

    def __init__(self, scan: Callable[[], Collection[Finding]], now: Iterable[Finding]) -> None:
        self._scan = scan
        self._now = now

    @cached_property
    def _allowed(self) -> dict[Key, list[Move]]:
        found: dict[Key, list[Move]] = {}
        for finding in self._scan():
            for subject in finding.subjects:
                if subject.status is Status.ALLOWED:
                    found.setdefault(entry_of(finding, subject).key, []).append(move_of(finding, subject))
        return found

    @cached_property
    def _gone(self) -> Gone:
        there = {entry_of(finding, subject).key for finding in self._now for subject in finding.subjects}
        return Gone(move for key, moves in self._allowed.items() if key not in there for move in moves)

    def allowed(self, finding: Finding, subject: Subject) -> bool:
        """Whether the same subject was allowed where it is."""
        left = self._allowed.get(entry_of(finding, subject).key)
        if not left:
            return False
        left.pop()
        return True

    def moved(self, finding: Finding, subject: Subject) -> bool:
        """Whether a subject that was allowed is gone from its file and stands in this one."""
        return self._gone.comes_again(finding, subject)
