"""Proven fixes beside the findings of a report, for programs that show or make them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dindguard.buffers import Buffers
from dindguard.files import within
from dindguard.fixes.planning import Planned, Planner, Together
from dindguard.fixes.proving import Effort, Rescan, prove
from dindguard.formats.recognition import Recogniser
from dindguard.records import replace
from dindguard.report import Proposal, Replacement, Report
from dindguard.scanning import scan
from dindguard.working_tree import WorkingTree

if TYPE_CHECKING:
    from dindguard.options import Options


def propose(report: Report, options: Options) -> Report:
    """Return a report with the fixes of its open findings that a scan proves, those that change what runs among them.

    ``options`` are those of the scan that it is of. Each proof is one more scan; most reports need two.
    """
    options = replace(options, root=report.root, since="", progress=None)
    given = [os.path.realpath(path) for path in options.every_path]
    scanned = {
        path for path in report.sources if any(within(os.path.join(report.root, path), each) for each in given)
    }
    files, recogniser = WorkingTree(report.root), Recogniser(options.type_overrides)
    planner = Planner(files, recogniser, report.model, scanned, report.open)
    plans = [plan for finding in report.open for plan in planner.every_plan(finding)]

    def rescan(texts: Mapping[str, str]) -> Report:
        return scan(options, Buffers(WorkingTree(report.root), texts))

    found: dict[str, tuple[Proposal, ...]] = {}
    base, effort = report if not report.since else rescan({}), Effort()
    for tier in (False, True):
        for plan in _proven([plan for plan in plans if plan.fixer.unsafe is tier], base, rescan, planner, effort):
            key = plan.finding.fingerprint
            found[key] = (*found.get(key, ()), _proposal(plan, report))
    return replace(report, proposals=found)


def _proven(
    plans: Sequence[Planned], report: Report, rescan: Rescan, planner: Planner, effort: Effort
) -> Iterator[Planned]:
    """Yield the plans that hold: each is made from the tree as it is, so that each group begins anew."""
    left = _apart(plans)
    while left:
        proven = prove(left[0], {}, report, rescan, planner, effort)
        yield from proven.kept
        done = {id(plan) for plan in (*proven.kept, *(plan for plan, _ in proven.dropped))}
        rest = [plan for plan in left[0] if id(plan) not in done]
        left = ([rest] if rest else []) + left[1:]


def _apart(plans: Sequence[Planned]) -> list[list[Planned]]:
    """Return plans in groups whose splices do not touch each other."""
    groups: list[Together] = []
    for plan in plans:
        group = next((each for each in groups if each.clashing(plan) is None), None)
        if group is None:
            group = Together()
            groups.append(group)
        group.add(plan)
    return [each.plans for each in groups]


def _proposal(plan: Planned, report: Report) -> Proposal:
    replacements = []
    for path, splices in plan.splices.items():
        source = report.sources[path]
        replacements += [Replacement(source.span(each.start, each.end), each.text) for each in splices]
    return Proposal(plan.fixer.says, plan.fixer.unsafe, tuple(replacements))
