"""Fixes of a whole scan: planned, proven together, planned again on the result until nothing more is mended."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from dindguard.buffers import Buffers
from dindguard.files import find_root, within
from dindguard.findings import Finding
from dindguard.fixes.planning import Planned, Planner, Together
from dindguard.fixes.proving import Effort, Proven, Texts, prove
from dindguard.fixes.splices import RefusedError
from dindguard.formats.recognition import Recogniser
from dindguard.records import record, replace
from dindguard.rule_sources import load_rules
from dindguard.rules import Profile, selected
from dindguard.scanning import scan
from dindguard.working_tree import WorkingTree

if TYPE_CHECKING:
    from dindguard.edits import Fixer
    from dindguard.files import Files
    from dindguard.options import Options
    from dindguard.report import Report


@record(eq=False)
class Refused:
    """A finding whose rule has a fix that is not made here, and why."""

    finding: Finding
    why: str


@record(eq=False)
class Mended:
    """What fixes make of a tree. ``texts`` are the edited files by path, ``old`` what they were."""

    before: Report
    after: Report
    texts: Texts
    old: Mapping[str, str]
    made: tuple[Planned, ...]
    refused: tuple[Refused, ...]


def mend(
    options: Options, *, unsafe: bool = False, select: Collection[str] = (), files: Files | None = None
) -> Mended:
    """Return what the rules' fixes make of what a scan with ``options`` finds; nothing is written.

    ``select`` names rules or categories; ``unsafe`` adds fixes that change what runs. Raises
    :class:`~dindguard.errors.UserError` as :func:`~dindguard.scanning.scan` does, and for a name that is no rule's.
    """
    chosen = frozenset(rule.id for rule in selected(load_rules(options), select=select)) if select else None
    if chosen is not None and any(rule.profile is Profile.ALL for rule in load_rules(options) if rule.id in chosen):
        options = replace(options, profile=Profile.ALL)
    root = options.root or find_root(options.every_path[0] if options.every_path else "")
    saved = files or WorkingTree(root)
    return _Mending(replace(options, root=root, progress=None), saved, unsafe, chosen).run()


class _Mending:
    """One run over a tree."""

    def __init__(self, options: Options, saved: Files, unsafe: bool, chosen: frozenset[str] | None) -> None:
        self._options = options
        self._saved = saved
        self._unsafe = unsafe
        self._chosen = chosen
        self._recogniser = Recogniser(options.type_overrides)
        self._failed: dict[str, list[Fixer]] = {}
        self._effort = Effort()

    def run(self) -> Mended:
        """Plan and prove until a round mends nothing more."""
        before = report = self._scan({})
        texts: Texts = {}
        made: tuple[Planned, ...] = ()
        while True:
            planner = self._planner(report, texts)
            plans, refused = self._plans(report, planner)
            proven = prove(plans, texts, report, self._scan, planner, self._effort)
            refused += [Refused(plan.finding, why) for plan, why in proven.dropped]
            again = self._learn(proven) or proven.kept
            texts, report, made = proven.texts, proven.report, (*made, *proven.kept)
            if not again or self._effort.spent:
                break
        old = {path: before.sources[path].text for path in texts}
        return Mended(before, report, texts, old, made, tuple(refused))

    def _learn(self, proven: Proven) -> bool:
        """Note which fixes were not proven; return whether another one of the same rule is to be tried."""
        others = False
        for plan, _ in proven.dropped:
            failed = self._failed.setdefault(plan.finding.fingerprint, [])
            if plan.fixer not in failed:
                failed.append(plan.fixer)
                others = others or len(failed) < len(plan.finding.rule.fixes)
        return others

    def _scan(self, texts: Mapping[str, str]) -> Report:
        return scan(self._options, Buffers(self._fresh(), texts))

    def _fresh(self) -> Files:
        """Return the saved files; notices of an earlier scan are not told again."""
        return WorkingTree(self._saved.root) if isinstance(self._saved, WorkingTree) else self._saved

    def _scanned(self, report: Report) -> set[str]:
        """Return the files that were given, not those that they only refer to."""
        given = [os.path.realpath(path) for path in self._options.every_path]
        return {
            path for path in report.sources if any(within(os.path.join(report.root, path), each) for each in given)
        }

    def _planner(self, report: Report, texts: Texts) -> Planner:
        files = Buffers(self._fresh(), texts)
        return Planner(files, self._recogniser, report.model, self._scanned(report), report.open)

    def _plans(self, report: Report, planner: Planner) -> tuple[list[Planned], list[Refused]]:
        together = Together()
        refused: list[Refused] = []
        for finding in report.open:
            if not finding.rule.fixes or (self._chosen is not None and finding.rule.id not in self._chosen):
                continue
            try:
                failed = self._failed.get(finding.fingerprint, ())
                plan = planner.plan(finding, unsafe=self._unsafe, failed=failed)
                _check_overlap(plan, together)
                together.add(plan)
            except RefusedError as why:
                refused.append(Refused(finding, str(why)))
        return together.plans, refused


def _check_overlap(plan: Planned, together: Together) -> None:
    other = together.clashing(plan)
    if other is not None:
        raise RefusedError(f"it overlaps the fix of {other.finding.rule.id} at {other.finding.span}")
