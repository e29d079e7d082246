"""What a scan comes to: findings, notices, the model, and what was scanned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dindguard.coverage import Coverage, State
from dindguard.findings import Finding
from dindguard.model.model import Model
from dindguard.policy.config import Config
from dindguard.records import field, record
from dindguard.rules import Rule, Severity
from dindguard.source import Gravity, Notice, Source, Span

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from dindguard.policy.waiver_file import Waiver


@record
class Replacement:
    """The characters at a place become ``text``; an empty place is where it is put in."""

    at: Span
    text: str


@record
class Proposal:
    """A proven fix of a finding: what it does, whether containers then run differently, and what it replaces."""

    says: str
    unsafe: bool
    replacements: tuple[Replacement, ...]


@record(kw_only=True)
class Report:
    """All that a scan found, could not read, and left out. ``findings`` include the silenced ones.

    With ``since`` they are those that the change brings, and ``everything`` has all of the tree. ``today`` decided what
    has expired; ``commit`` is the one that the tree has checked out, empty when it is not told.
    """

    root: str
    findings: tuple[Finding, ...]
    doubts: tuple[Finding, ...] = ()
    """What rules could not decide, silenced or not; those that are open are notices too."""
    notices: tuple[Notice, ...]
    rules: tuple[Rule, ...]
    sources: Mapping[str, Source]
    model: Model
    config: Config = field(default_factory=Config)
    since: str = ""
    everything: tuple[Finding, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    policy_summary: tuple[str, ...] = ()
    seconds: float | None = None
    today: dt.date | None = None
    commit: str = ""
    proposals: Mapping[str, tuple[Proposal, ...]] = field(default_factory=dict)
    """Proven fixes by the fingerprint of their finding, where somebody asked for them."""
    waivers: tuple[Waiver, ...] = ()
    """Every record of the tree's waiver file, in force or not."""

    def every_rule(self) -> tuple[Rule, ...]:
        """Return the rules with policy's own among them, whether they had anything to say or not."""
        from dindguard.policy.catalogue import RULES

        return tuple({rule.id: rule for rule in (*self.rules, *RULES.values())}.values())

    @property
    def files_read(self) -> int:
        """How many files a format understood, those among them that are blind spots for a part of theirs."""
        return self.coverage.count(State.UNDERSTOOD) + self.coverage.partly

    @property
    def files_unreadable(self) -> int:
        """How many files of ours could not be read, or not opened."""
        return self.coverage.count(State.BROKEN) + self.coverage.count(State.CLOSED)

    @property
    def unsure(self) -> bool:
        """Whether there is anything that a strict scan is not content with: a blind spot, or a rule that cannot decide."""
        return bool(self.coverage.blind_spots) or any(notice.kind == "undecided" for notice in self.notices)

    @property
    def incomplete(self) -> bool:
        """Whether something recognised could not be read, or a rule failed."""
        return any(notice.gravity is Gravity.ERROR for notice in self.notices)

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that nothing silences."""
        return tuple(finding for finding in self.findings if finding.open)

    def worst_open(self) -> Severity | None:
        """Return the gravest severity among open findings; ``None`` when there is none."""
        return max((finding.severity for finding in self.open), default=None)


def told(
    findings: tuple[Finding, ...], model: Model, source_of: Callable[[str], Source | None]
) -> tuple[Finding, ...]:
    """Return findings as a report tells them: what is said of copies of a file (:mod:`~dindguard.copies`) is told once."""
    if len(findings) < 2:
        return findings
    from dindguard.copies import told_once

    return told_once(findings, model, source_of)
