"""What fixes change, as a unified diff that ``git apply`` and ``patch -p1`` take."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dindguard.patterns import regex

if TYPE_CHECKING:
    from dindguard.fixes.mending import Mended
    from dindguard.reports.masking import Masks

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}


def unified(mended: Mended, *, colour: bool = False) -> str:
    """Return the diff of all edited files, in the order of their paths; ``""`` when nothing is mended.

    Credentials in its lines are masked: such a diff is to be read, and ``--apply`` makes the change.
    """
    from dindguard.reports.masking import Masks

    masks = Masks(mended.before.model, mended.before.rules)
    lines: list[str] = []
    for path in sorted(mended.texts):
        old, new = (_Shown(text, masks) for text in (mended.old[path], mended.texts[path]))
        lines += _hunks(old, new, path)
    made = _ended(lines)
    return "".join(_coloured(line) for line in made) if colour else "".join(made)


class _Shown:
    """The lines of a text, and how they are shown."""

    def __init__(self, text: str, masks: Masks) -> None:
        self.lines, self.shown = _lines(text), _lines(masks.document(text))
        if len(self.shown) != len(self.lines):  # a value over several lines became one
            self.shown = _lines(type(masks)(None).document(text))


def _hunks(old: _Shown, new: _Shown, path: str) -> Iterator[str]:
    """Yield the lines of a file's diff: those that differ are told by what is written, not by what is shown."""
    at, beside = 0, 0
    for count, line in enumerate(difflib.unified_diff(old.lines, new.lines, f"a/{path}", f"b/{path}")):
        if found := _HEAD.match(line):
            at, beside = (max(int(each) - 1, 0) for each in found.groups())
        if count < 2 or found:
            yield line
            continue
        yield line[:1] + (new.shown[beside] if line[0] == "+" else old.shown[at])
        at += line[0] != "+"
        beside += line[0] != "-"


_HEAD = regex(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


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
