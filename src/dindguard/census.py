"""What is left of a reading that describes more containers than one file may: those that came before, with what lies in them."""

from __future__ import annotations

from collections.abc import Mapping

from dindguard import budget
from dindguard.formats import Reading
from dindguard.model.workload import Workload
from dindguard.records import replace


def without(reading: Reading, too_many: Mapping[Workload, int]) -> Reading:
    """Return a reading in which workloads lack so many of their containers, the last ones; one that has none left is gone."""
    kept = Reading()
    gone: set[object] = set()
    for workload in reading.workloads:
        left = len(workload.containers) - too_many.get(workload, 0)
        if workload in too_many:
            gone.update(workload.containers[left:])
            budget.met(budget.DESCRIBED_CONTAINERS, workload.containers[left])
        if left or workload not in too_many:
            kept.workloads.append(_first(workload, left))
    kept.invocations += [each for each in reading.invocations if each.container not in gone]
    kept.configurations += [each for each in reading.configurations if each.container not in gone]
    kept.services += [each for each in reading.services if each.container not in gone]
    kept.programs += [(container, program) for container, program in reading.programs if container not in gone]
    kept.embedded += [each for each in reading.embedded if each.owner not in gone]
    kept.engines, kept.notices, kept.unread, kept.taken = (
        reading.engines,
        reading.notices,
        reading.unread,
        reading.taken,
    )
    return kept


def _first(workload: Workload, count: int) -> Workload:
    """Return a workload with its first containers alone."""
    containers = workload.containers
    return workload if count == len(containers) else replace(workload, containers=containers[:count])
