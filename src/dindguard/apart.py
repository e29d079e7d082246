"""Files whose formats read each by itself: what these make of one, which may travel from the process that has read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from dindguard.formats import Reading
from dindguard.records import record

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
