"""How many containers one file describes: beyond what any real file has, the rest of it is left out, and said."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.formats import Reading
from dindguard.model.workload import Workload
from dindguard.records import replace
from dindguard.source import Source


class Census:
    """Counts the containers of each file in the order in which they are read, and lets in as many as a file may have.

    ``sources`` are the files that were given: long ones may have more.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._count: dict[str, int] = {}
        self._most: dict[str, int] = {}

    def counted(self, reading: Reading) -> Reading:
        """Return a reading without the containers that are too many for their files, and without what lies in these.

        A workload that has some of them keeps those before; the reading itself stays as it is.
        """
        too_many: dict[Workload, int] = {}
        for workload in reading.workloads:
            path, own = workload.span.path, len(workload.containers)
            count = self._count[path] = self._count.get(path, 0) + own
            if count > budget.DESCRIBED_CONTAINERS.most and count > self._most_of(path):
                too_many[workload] = min(count - self._most_of(path), own)
        return _without(reading, too_many) if too_many else reading

    def _most_of(self, path: str) -> int:
        """Return how many containers a file may describe."""
        if path not in self._most:
            size = next((source.size for source in self._sources if source.path == path), 0)
            self._most[path] = budget.most_containers(size)
        return self._most[path]


def _without(reading: Reading, too_many: dict[Workload, int]) -> Reading:
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
