"""Strings built against a regular expression: for each of its repetitions one that makes it go back as often as it can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from re import _constants as ops  # type: ignore[attr-defined]  # the only way to a pattern's parts
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

CHARACTERS = " a0A-./_\"'{$\\\n:,=(#[*\t<>|&@!%+~^`;?)]}é"
"""What stands for the members of a class, likely ones first."""
OFTEN = 5
"""So many characters of a class are tried for a repetition."""


@dataclass(frozen=True)
class Attack:
    """One string at any size: what stands before, what is repeated, what stands behind."""

    before: str
    pump: str
    behind: str

    def text(self, size: int) -> str:
        return self.before + self.pump * (size // len(self.pump)) + self.behind


def attacks(pattern: re.Pattern[str]) -> list[Attack]:
    """Return the strings built against a pattern."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    found: dict[Attack, None] = {}
    for before, body in _repeats(tree, ""):
        for pump in _samples(body):
            for ending in ("", "\0", "\n\0", "x\0"):
                found[Attack(before, pump, ending)] = None
                if before:
                    found[Attack("", before + pump, ending)] = None
                    found[Attack(before, before + pump, ending)] = None
                    found[Attack("", before, ending)] = None
    return list(found)


def _repeats(tree: Any, before: str) -> Iterator[tuple[str, Any]]:
    """Yield every repetition without a bound (or with a high one), with a text that leads up to it."""
    for op, argument in tree:
        if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
            _, most, body = argument
            if most > 20:
                yield before, body
            yield from _repeats(body, before)
        elif op is ops.SUBPATTERN:
            yield from _repeats(argument[3], before)
        elif op is ops.ATOMIC_GROUP:
            yield from _repeats(argument, before)
        elif op is ops.BRANCH:
            for branch in argument[1]:
                yield from _repeats(branch, before)
        elif op in (ops.ASSERT, ops.ASSERT_NOT):
            yield from _repeats(argument[1], before)
        before += next(iter(_samples([(op, argument)])), "")


def _samples(body: Any) -> list[str]:
    """Return a few texts that a part of a pattern matches."""
    texts = [""]
    for op, argument in body:
        choices = _choices(op, argument)
        if choices:
            texts = [text + choice for text in texts for choice in choices][:OFTEN]
    return [text for text in dict.fromkeys(texts) if text]


def _choices(op: Any, argument: Any) -> list[str]:
    if op is ops.LITERAL:
        return [chr(argument)]
    if op in (ops.NOT_LITERAL, ops.IN, ops.ANY, ops.CATEGORY):
        return [each for each in CHARACTERS if _matches(op, argument, each)][:OFTEN]
    if op is ops.BRANCH:
        return [text for branch in argument[1] for text in _samples(branch)[:2]][:OFTEN]
    if op is ops.SUBPATTERN:
        return _samples(argument[3])
    if op is ops.ATOMIC_GROUP:
        return _samples(argument)
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        least, _, repeated = argument
        return [text * max(least, 1) for text in _samples(repeated)]
    return []


def _matches(op: Any, argument: Any, character: str) -> bool:
    if op is ops.ANY:
        return character != "\n"
    if op is ops.NOT_LITERAL:
        return ord(character) != argument
    if op is ops.CATEGORY:
        return bool(re.match(_CATEGORIES.get(argument, r"\w"), character))
    negated = bool(argument) and argument[0][0] is ops.NEGATE
    return negated != any(_member(kind, value, character) for kind, value in argument if kind is not ops.NEGATE)


_CATEGORIES = {
    ops.CATEGORY_SPACE: r"\s", ops.CATEGORY_NOT_SPACE: r"\S", ops.CATEGORY_DIGIT: r"\d", ops.CATEGORY_NOT_DIGIT: r"\D",
    ops.CATEGORY_WORD: r"\w", ops.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def _member(kind: Any, value: Any, character: str) -> bool:
    if kind is ops.LITERAL:
        return chr(value) == character
    if kind is ops.RANGE:
        return value[0] <= ord(character) <= value[1]
    return kind is ops.CATEGORY and bool(re.match(_CATEGORIES.get(value, r"\w"), character))
