"""Options taken out of command lines, wherever those stand: in scripts, in strings of a file, in a Dockerfile."""

from __future__ import annotations

import re

from dindguard.fixes.splices import RefusedError, Splice

_SIMPLE = re.compile(r"[\w./:=,@%+{}-]+")
"""Words that mean the same to every shell, in quotes or not."""
_NEXT = re.compile(r"(?:[ \t]|\\\r?\n)+([^\s\\]\S*)")


def cut_option(text: str, start: int, end: int, first: int, last: int) -> Splice:
    """Return the splice that takes the option out that holds ``[start, end)``, with its value.

    ``[first, last)`` is the text that the command line stands in. Raises :class:`RefusedError` for what is no option that
    can be told from what stands around it.
    """
    begin, stop = word_at(text, start, end, first, last)
    word = text[begin:stop]
    gap = _gap(text, first, begin)
    if gap == begin:
        raise RefusedError("it is no option of a command line")
    if word.startswith("-") and "=" in word:
        return Splice(gap, stop, "")
    if word.startswith("-"):
        following = _NEXT.match(text, stop, last)
        if following is not None and not following[1].startswith("-") and (start, end) != (begin, stop):
            raise RefusedError("what follows the option may be its value")
        return Splice(gap, stop, "")
    if gap == first:
        raise RefusedError("it is no option of a command line")
    option, _ = word_at(text, gap - 1, gap, first, last)
    name = text[option:gap]
    before = _gap(text, first, option)
    if not name.startswith("-") or "=" in name or before == option:
        raise RefusedError("it is no option of a command line")
    return Splice(before, stop, "")


def _gap(text: str, first: int, end: int) -> int:
    """Return where the blanks and continued lines before ``end`` begin."""
    at = end
    while at > first:
        if text[at - 1] in " \t":
            at -= 1
        elif text[at - 1] == "\n" and text[max(first, at - 3) : at - 1].removesuffix("\r").endswith("\\"):
            at = text.rindex("\\", first, at)
        else:
            break
    return at


def word_at(text: str, start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """Return where the word begins and ends that holds a place; raises :class:`RefusedError` for one in quotes."""
    begin, stop = start, end
    while begin > first and not text[begin - 1].isspace():
        begin -= 1
    while stop < last and not text[stop].isspace():
        stop += 1
    if not _SIMPLE.fullmatch(text, begin, stop):
        raise RefusedError("the option is written with quotes or variables")
    return begin, stop


def is_simple(value: str) -> bool:
    """Whether a text can stand in any command line, string or scalar as it is."""
    return _SIMPLE.fullmatch(value) is not None
