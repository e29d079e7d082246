"""Which of many fixes a failed proof speaks of: hundreds that fail must not cost a scan each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.fixes.planning import Planned
from dindguard.records import record
from dindguard.rules import blamed

Key = tuple[str, str, str]
"""Rule, path and address of a finding."""


@record(eq=False)
class Fault:
    """Why fixes are not proven together: because of one of them, or of a finding that they bring, or of none in particular."""

    why: str
    brought: Key | None = None
    plan: Planned | None = None


def to_blame(plans: Sequence[Planned], faults: Sequence[Fault]) -> dict[Planned, str]:
    """Return the plans of which faults speak, each with the first reason: those nearest to what they bring.

    None, if a fault speaks of no plan: any may be to blame.
    """
    near: dict[tuple[str, ...], list[Planned]] = {}
    for plan in plans:
        for subject in plan.finding.subjects:
            for way in _ways(subject.path, subject.address):
                near.setdefault(way, []).append(plan)
    why: dict[Planned, str] = {}
    told: set[tuple[str, ...]] = set()
    for fault in faults:
        if fault.plan is not None:
            why.setdefault(fault.plan, fault.why)
            continue
        ways = _ways(*fault.brought[1:]) if fault.brought is not None else ()
        nearest = next((way for way in ways if way in near), None)
        if nearest is None:
            return {}
        if nearest not in told:
            told.add(nearest)
            for plan in near[nearest]:
                why.setdefault(plan, fault.why)
    return why


def _ways(path: str, address: str) -> Iterator[tuple[str, ...]]:
    """Yield an address in a file and those above it, the longest first: ``services.a.mounts``, ``services.a``."""
    steps = address.split(".")
    for length in range(len(steps), 1, -1):
        yield (path, *steps[:length])


def layers(plans: Sequence[Planned]) -> list[list[Planned]]:
    """Return plans in groups that hold one of each container: the first ones, the second ones."""
    found: list[list[Planned]] = []
    count: dict[object, int] = {}
    for plan in plans:
        subjects = plan.finding.subjects
        about = id(blamed(subjects[0].about)) if subjects else None
        number = count[about] = count.get(about, -1) + 1
        if number == len(found):
            found.append([])
        found[number].append(plan)
    return found
