"""Texts inside of other texts that wait to be read: beyond a measure they are stowed away, each packed by itself."""

from __future__ import annotations

from functools import partial
from itertools import chain
from operator import attrgetter

from dindguard.compact import room
from dindguard.source import Segment, Source

SHORT = 512
"""What takes so little room is left as it is."""

_NUMBERS = attrgetter("start", "origin", "length")


def stow(source: Source) -> None:
    """Hold a text, and where each of its characters stands, in a tenth of their room until somebody asks for either.

    A file's text can be had again from where it came; one that is made of what stands in a file cannot.
    """
    if source.rests or room(source.size, len(source.segments)) <= SHORT:
        return
    from array import array
    from zlib import compress

    _ = source.speaks  # which is asked of every text
    numbers = array("Q", chain.from_iterable(map(_NUMBERS, source.segments)))
    text = source.text.encode("utf-8", "surrogatepass")
    source.rest(partial(_fetched, compress(text, 1), compress(numbers.tobytes(), 1)), read=False)
    del source.segments


def _fetched(text: bytes, numbers: bytes, source: Source) -> str:
    from array import array
    from zlib import decompress

    found = iter(array("Q", decompress(numbers)))
    source.segments = tuple(map(Segment, found, found, found))
    return decompress(text).decode("utf-8", "surrogatepass")
