"""One line of a file, quoted: masked, harmless, cut to the width, with the columns of its marks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

from dindguard.records import record
from dindguard.reports import safe
from dindguard.reports.terminal import cell

TAB = 4
MASK = "***"
REACH = 2000
"""Longer lines are looked at only this many characters, and less than twice as many, around the first mark."""

Range = tuple[int, int]
"""Characters of a line, 0-based, end exclusive."""


@record
class Excerpt:
    """What is printed for a line; ``marks`` are its marks in columns of ``text`` (0-based, end exclusive)."""

    text: str
    marks: tuple[Range, ...]


def excerpt(line: str, marks: Sequence[Range], hidden: Iterable[Range], width: int, cut: str = "…") -> Excerpt:
    """Quote a line. ``marks`` and ``hidden`` count its characters; ``width`` is the room in columns.

    Each hidden range prints as ``***``. A line that is too long is cut so that the first mark can be seen.
    """
    low, high = looked_at(len(line), marks)
    inside = tuple((max(a, low) - low, min(b, high) - low) for a, b in hidden if max(a, low) < min(b, high))
    pieces, ends = _laid(line[low:high], inside)
    columns = [_columns(mark, low, high, ends) for mark in marks]
    clipped = (low > 0, high < len(line))
    return _window(pieces, ends, columns, clipped, width, cut)


def looked_at(length: int, marks: Sequence[Range]) -> Range:
    """Return which characters of a line are looked at: the same ones for all marks that are near each other."""
    low = max(0, marks[0][0] - REACH) // REACH * REACH if marks else 0
    return low, min(length, low + 3 * REACH)


@lru_cache(maxsize=8)
def _laid(text: str, hidden: tuple[Range, ...]) -> tuple[list[tuple[str, int]], Sequence[int]]:
    """Return the pieces of a text, and the columns at which they start and end; many findings may lie on one line."""
    if not hidden and text.isascii() and text.isprintable():
        return [(char, 1) for char in text], range(len(text) + 1)
    pieces = _pieces(text, hidden)
    ends = [0]
    for piece, size in pieces:
        ends.append(ends[-1] + (size if piece else 0))
    return pieces, ends


def _pieces(text: str, hidden: tuple[Range, ...]) -> list[tuple[str, int]]:
    """Return what is printed for each character, with the columns it takes."""
    covered = [False] * len(text)
    starts = set()
    for start, end in hidden:
        starts.add(start)
        covered[start:end] = [True] * (end - start)
    pieces: list[tuple[str, int]] = []
    column = 0
    for index, char in enumerate(text):
        if covered[index]:
            first = index in starts and (index == 0 or not covered[index - 1])
            shown = (MASK, len(MASK)) if first or index == 0 else ("", 0)
        elif char == "\t":
            size = TAB - column % TAB
            shown = (" " * size, size)
        else:
            char = safe.visible(char)  # noqa: PLW2901 - its stand-in
            shown = (char, cell(char))
        pieces.append(shown)
        column += shown[1]
    return pieces


def _columns(mark: Range, low: int, high: int, ends: Sequence[int]) -> Range:
    start = ends[min(max(mark[0], low), high) - low]
    end = ends[min(max(mark[1], low), high) - low]
    # A mark inside a masked range would be empty: it then covers the mask.
    if end <= start:
        before = bisect_left(ends, start)
        start = ends[before - 1] if mark[1] > mark[0] and before else start
        end = max(end, start + 1)
    return start, end


def _window(
    pieces: list[tuple[str, int]],
    ends: Sequence[int],
    columns: list[Range],
    clipped: tuple[bool, bool],
    width: int,
    cut: str,
) -> Excerpt:
    total = ends[-1]
    room = width - len(cut)
    first = 0
    if total > width and columns:
        start = columns[0][0]
        last = max(mark_end for _, mark_end in columns)
        # Everything marked, if that fits; else the first mark, a third of the width from the left.
        if last > room:
            first = max(0, last - room + len(cut)) if last - start <= room - len(cut) else max(0, start - width // 3)
        first = min(first, start)
    left = clipped[0] or first > 0
    room = width - (len(cut) if left else 0)
    right = clipped[1] or total - first > room
    room -= len(cut) if right else 0
    shown = []
    used = 0
    at = bisect_left(ends, first)
    for piece, size in islice(pieces, at, None):
        if used + size > room:
            break
        shown.append(piece)
        used += size
    offset = (len(cut) if left else 0) - first
    # A wide character or a mask may straddle the left edge; what is shown then starts a little later.
    skipped = (ends[at] if at < len(ends) else first) - first
    text = (cut if left else "") + " " * skipped + "".join(shown)
    edge = len(cut) * left + skipped + used
    marks = tuple(_inside(start + offset, end + offset, edge) for start, end in columns)
    return Excerpt((text + (cut if right else "")).rstrip(), marks)


def _inside(start: int, end: int, edge: int) -> Range:
    """Keep a mark within what is shown; one beyond the edge points at the edge."""
    start = min(max(start, 0), edge)
    return start, max(min(end, edge), start + 1)
