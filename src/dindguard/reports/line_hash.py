"""GitHub's ``primaryLocationLineHash``: what its upload action computes for the line of a result.

Given the identical value, an upload by whatever way (the action, the REST interface) shows no warning and
keeps alerts together when lines move. Definition: the fingerprints of github/codeql-action.
"""

from __future__ import annotations

import re

BLOCK = 100
"""A line's hash covers this many characters from its start, across line ends."""

_FACTOR = 37
_WORD = (1 << 64) - 1
_END = "\uffff"


def line_hashes(text: str, lines: set[int]) -> dict[int, str]:
    """Return the hash of each of the 1-based ``lines`` that ``text`` has: hexadecimal digits, ``:``, a count.

    The count numbers equal hashes from the top of the file. Blanks do not count; CR, LF and CRLF are one.
    """
    kept = re.sub(r"[ \t]+", "", text).replace("\r\n", "\n").replace("\r", "\n")
    if not kept.isascii():
        # The definition counts UTF-16 code units.
        units = memoryview(kept.encode("utf-16", "surrogatepass")[2:]).cast("H")
        kept = "".join(map(chr, units))
    kept += _END
    seen: dict[str, int] = {}
    found = {}
    start = 0
    last = max(lines, default=0)
    for number in range(1, last + 1):
        block = kept[start : start + BLOCK]
        count = seen[block] = seen.get(block, 0) + 1
        if number in lines:
            found[number] = f"{_hash(block):x}:{count}"
        start = kept.find("\n", start) + 1
        if not start:
            break
    return found


def _hash(block: str) -> int:
    value = 0
    for char in block.ljust(BLOCK, "\0"):
        value = (value * _FACTOR + ord(char)) & _WORD
    return value
