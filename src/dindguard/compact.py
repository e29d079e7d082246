"""What is held of texts, in little room: where their lines begin, and equal texts once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

FEW = 50
"""A file of so few lines takes little room however they are kept: less than importing ``array`` for it."""

LONG = 200
"""Longer texts are rarely met twice."""

KNOWN = 16_000
"""So many texts are remembered at a time, and as many that were met before them; what is still met stays."""

PACKED = 2_000
"""So many paths are packed together: what one of them takes is mostly that it is alone."""

_KNOWN: dict[str, str] = {}
_BEFORE: dict[str, str] = {}

HIGHEST_SHARED = 20_000
"""Few files have so many lines."""

_PYTHONS_OWN = 256
"""Python has one object for each of so many numbers itself."""

_NUMBERS: dict[int, int] = {}

_JOINED: dict[tuple[int, int], tuple[Any, Any, tuple[Any, ...]]] = {}

T = TypeVar("T")


def line_starts(text: str) -> list[int]:
    """Offsets at which lines start; LF, CRLF and lone CR end a line, as in editors and SARIF viewers."""
    starts = [0]
    index = 0
    if "\r" not in text:
        while (index := text.find("\n", index)) >= 0:
            index += 1
            starts.append(index)
        return starts
    length = len(text)
    for index, char in enumerate(text):
        if char == "\n" or (char == "\r" and not (index + 1 < length and text[index + 1] == "\n")):
            starts.append(index + 1)
    return starts


def compact(starts: Sequence[int]) -> Sequence[int]:
    """Return the same numbers, the greatest last, in a tenth of the room, if there are enough of them for that to matter."""
    if len(starts) <= FEW:
        return tuple(starts)
    from array import array

    return array("H" if starts[-1] < 2**16 else "I", starts)


def packed(numbers: Sequence[int]) -> tuple[int, ...] | bytes:
    """Return what equals only the same numbers, in little room if they are many."""
    if len(numbers) <= FEW:
        return tuple(numbers)
    from array import array

    return array("Q", numbers).tobytes()


def room(size: int, segments: int) -> int:
    """Return in how many characters' room a text of some size is held with the segments that say where it stands."""
    return size + _OF_A_SEGMENT * segments


_OF_A_SEGMENT = 128
"""What one takes, in characters: most of it are its numbers."""


def shared(text: str) -> str:
    """Return an equal text, mostly the one that was met first: files of a kind say the same, at the same ways."""
    if len(text) > LONG:
        return text
    if (known := _KNOWN.get(text)) is not None:
        return known
    if len(_KNOWN) >= KNOWN:
        _BEFORE.clear()
        _BEFORE.update(_KNOWN)
        _KNOWN.clear()
    known = _KNOWN[text] = _BEFORE.get(text, text)
    return known


def joined(first: tuple[T, ...], more: tuple[T, ...], key: Callable[[T], object]) -> tuple[T, ...]:
    """Return both, of items with one ``key`` the last; of the same two tuples the same one, mostly."""
    if not first or not more:
        first, more = first or more, ()
        if len(first) < 2:
            return first
    if (known := _JOINED.get((id(first), id(more)))) is not None:
        return known[2]  # those that it is made of are held, so that nobody else has their places in memory
    both = (*first, *more) if more else first
    once = {key(each): each for each in both}
    if len(_JOINED) >= KNOWN:
        _JOINED.clear()
    _, _, both = _JOINED[id(first), id(more)] = first, more, both if len(once) == len(both) else tuple(once.values())
    return both


def shared_number(number: int) -> int:
    """Return an equal number, the one that was met first: a scan has many thousand places, most of them in the first lines."""
    if number <= _PYTHONS_OWN:
        return number
    return _NUMBERS.setdefault(number, number) if number < HIGHEST_SHARED else number


class Paths(Collection[str]):
    """Very many paths in their order, in a tenth of the room that they take one by one."""

    __slots__ = ("_last", "_marks", "_packed")

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._packed: list[bytes] = []
        self._last: list[str] = []
        self._marks: Sequence[int] = ()  # of all that are packed, once somebody has asked for one
        for path in paths:
            self.append(path)

    def append(self, path: str) -> None:
        """Add a path."""
        self._last.append(path)
        if len(self._last) == PACKED:
            from zlib import compress  # few trees have so many

            self._packed.append(compress(_as_bytes("\0".join(self._last)), 1))
            self._last, self._marks = [], ()

    def __iter__(self) -> Iterator[str]:
        for each in self._packed:
            yield from _unpacked(each)
        yield from self._last

    def __len__(self) -> int:
        return len(self._packed) * PACKED + len(self._last)

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and (path in self._last or self._is_packed(path))

    def _is_packed(self, path: str) -> bool:
        """Whether a path is packed: its checksum tells in which packs it may be."""
        if not self._packed:
            return False
        from array import array
        from bisect import bisect_left

        if not self._marks:
            packs = enumerate(self._packed)
            self._marks = array("Q", sorted(_mark(each, pack) for pack, data in packs for each in _unpacked(data)))
        at = bisect_left(self._marks, first := _mark(path, 0))
        while at < len(self._marks) and not (pack := self._marks[at] - first) >> 32:
            if path in _unpacked(self._packed[pack]):
                return True
            at += 1
        return False


def _mark(path: str, pack: int) -> int:
    """Return a path's checksum, and below it the number of its pack."""
    from zlib import crc32

    return crc32(_as_bytes(path)) << 32 | pack


def _unpacked(data: bytes) -> list[str]:
    from zlib import decompress

    return decompress(data).decode("utf-8", "surrogatepass").split("\0")


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
