"""What formats make of files, joined and counted; what they make of one by itself may travel from who has read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dindguard import budget
from dindguard.formats import Document, Reading
from dindguard.records import record

if TYPE_CHECKING:
    from dindguard.model.workload import Workload
    from dindguard.repeats import Repeats
    from dindguard.source import Embedded, Source

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
            if values:  # a small file says one or two kinds of things
                getattr(whole, name).extend(values)
    return whole


class Census:
    """Counts the containers of files in the order in which they are read, and lets in as many as may be.

    ``sources`` are the files that were given: long ones may have more.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._sizes: dict[str, int] = {}
        self._room = budget.Room(said=True)
        self._repeats: Repeats | None = None

    @property
    def shares(self) -> bool:
        """Whether a file has more than is its own, so that others may have less."""
        return self._room.touched

    def counted(self, reading: Reading, documents: Iterable[Document]) -> Reading:
        """Return what was read of documents without the containers that are too many, and without what lies in these.

        A workload that has some of them keeps those before; the reading itself stays as it is.
        """
        if not reading.workloads:
            return reading
        self._sizes.update((each.source.path, each.source.file.size) for each in documents)
        too_many: dict[Workload, int] = {}
        for workload in reading.workloads:
            path = workload.span.path
            size, left = self._size_of(path), len(workload.containers)
            for container in workload.containers:
                if self._room.full(path, size):
                    too_many[workload] = left
                    break
                self._room.take(path, size, budget.weight((container,)))
                left -= 1
        if not too_many:
            return reading
        from dindguard.census import without

        return without(reading, too_many)

    def led(self, texts: Sequence[Embedded]) -> Iterable[tuple[int, Embedded]]:
        """Yield numbered texts, those that come again, here or in other files, as often as they may be."""
        if len(texts) < 2 and all(each.source.parent is not None for each in texts):
            return enumerate(texts)
        from dindguard.repeats import Repeats, as_often_as_may_be

        self._repeats = self._repeats or Repeats()
        return as_often_as_may_be(enumerate(texts), self._repeats)

    def _size_of(self, path: str) -> int:
        """Return how long a file is; of one that was not given, as if it were empty."""
        if path not in self._sizes:
            self._sizes[path] = next((each.size for each in self._sources if each.path == path), 0)
        return self._sizes[path]
