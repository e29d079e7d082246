"""The text of a Makefile: its lines, and the brackets and commas of references. Offsets are 0-based, ends exclusive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

CLOSING = {"(": ")", "{": "}"}
"""What closes a reference, by what opens it."""


def logical_lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield the extents of lines, those that end in a backslash joined to the next one."""
    start = 0
    length = len(text)
    while start < length:
        end = start
        while True:
            stop = text.find("\n", end)
            if stop < 0:
                stop = length
            tail = stop - 1 if stop > start and text[stop - 1] == "\r" else stop
            slashes = 0
            while tail - slashes > start and text[tail - slashes - 1] == "\\":
                slashes += 1
            if slashes % 2 == 0 or stop == length:
                break
            end = stop + 1
        yield start, stop
        start = stop + 1


def balanced(text: str, start: int, opener: str) -> int:
    """Return the offset of the parenthesis that closes the one before ``start``; -1 if none does."""
    closer = CLOSING[opener]
    level = 1
    for match in re.compile(f"[{re.escape(opener + closer)}]").finditer(text, start):
        level += 1 if match.group() == opener else -1
        if level == 0:
            return match.start()
    return -1


def commas_in(text: str, start: int, end: int) -> Sequence[int]:
    """Return the offsets of the commas of ``[start, end)`` that stand in no bracket there."""
    found = []
    level = 0
    for index in range(start, end):
        char = text[index]
        level += (char in "({") - (char in ")}")
        if char == "," and level == 0:
            found.append(index)
    return found
