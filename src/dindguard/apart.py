"""What formats make of files, joined and counted; what they make of one by itself may travel from who has read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dindguard import budget
from dindguard.formats import Reading
from dindguard.records import record

if TYPE_CHECKING:
    from dindguard.model.workload import Workload
    from dindguard.source import Source

Way: TypeAlias = "tuple[Any, ...]"
"""What leads to a text, the nearest first: the formats of the texts that hold it, and the path of the file."""


@record
class Part:
    """What a format makes of texts that lie in one file and that one way leads to.

    ``depth`` is the round in which they are read: 1 for the file itself. Sorted by their ways, parts of a round are in the
    order in which one process reads them.
    """

    depth: int
    format: str
    way: Way
    reading: Reading


def together(parts: Iterable[Part]) -> Reading:
    """Return what parts of one format say, one after the other."""
    return joined(part.reading for part in sorted(parts, key=lambda part: part.way))


def joined(readings: Iterable[Reading]) -> Reading:
    """Return all that several readings say."""
    whole = Reading()
    for reading in readings:
        for name, values in vars(reading).items():
            getattr(whole, name).extend(values)
    return whole


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
        if not too_many:
            return reading
        from dindguard.census import without

        return without(reading, too_many)

    def _most_of(self, path: str) -> int:
        """Return how many containers a file may describe."""
        if path not in self._most:
            size = next((source.size for source in self._sources if source.path == path), 0)
            self._most[path] = budget.most_containers(size)
        return self._most[path]
