"""What fixes change, as a unified diff that ``git apply`` and ``patch -p1`` take."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dindguard.fixes.mending import Mended

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}


def unified(mended: Mended, *, colour: bool = False) -> str:
    """Return the diff of all edited files, in the order of their paths; ``""`` when nothing is mended."""
    lines: list[str] = []
    for path in sorted(mended.texts):
        old, new = (_lines(text) for text in (mended.old[path], mended.texts[path]))
        lines += difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
    made = _ended(lines)
    return "".join(_coloured(line) for line in made) if colour else "".join(made)


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [last for last in text.split("\n")[-1:] if last]


def _ended(lines: list[str]) -> Iterator[str]:
    """Yield lines that each end, and say which had no end in the file, as Git does."""
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _coloured(line: str) -> str:
    from dindguard.reports.safe import visible

    start = _COLOURS.get(line[:1], "")
    text = visible(line.rstrip("\n"))
    return f"{start}{text}{chr(27)}[0m\n" if start else f"{text}\n"
