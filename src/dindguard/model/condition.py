"""Conditions of a template: what must hold for something that it writes to exist at all."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.compact import shared
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.source import HasSpan, Span, Step

_EQUALS = regex(r"\(?eq (?P<name>\$?\.?[\w.]+) \"(?P<word>[^\"]*)\"\)?")
_ALONE = regex(r"\$?\.?(?:\w+\.)*+(?P<name>\w+)(?: \| default\(? ?false\)?)?")


@record
class Condition:
    """One branch of a template's ``if``, ``with`` or loop.

    ``text`` is the condition as messages show it (``dind.enabled``), ``span`` where it is written. ``holds`` tells
    what the files' own values make of it; ``None`` when they do not decide it. ``decision`` names the whole block:
    branches of one block exclude each other, whatever their texts. ``chooses_values`` tells that the branch is a set of values
    that the whole is written with, the first of which is given by default.
    """

    text: str
    span: Span
    holds: bool | None
    decision: str
    branch: int = 0
    chooses_values: bool = False

    @property
    def words(self) -> str:
        """``only when 'dind.enabled', false by default``, as a step beside a finding says it."""
        default = {True: ", true by default", False: ", false by default", None: ""}[self.holds]
        return f"only when '{self.text}'{default}"

    @property
    def by_default(self) -> bool:
        """Whether it holds as long as nobody asks for other values: it is no part of what is approved."""
        return self.chooses_values and self.branch == 0

    @property
    def asks_for(self) -> str:
        """The last name of the value that it is about, if it asks whether that is set and no more; else ``""``."""
        alone = _ALONE.fullmatch(self.text)
        return alone["name"] if alone is not None else ""

    @property
    def compared(self) -> tuple[str, str, str]:
        """The chart, the value and the word that it is compared with, if it asks that and no more; else empty texts."""
        equals = _EQUALS.fullmatch(self.text) if self.text.startswith(("eq ", "(eq ")) else None
        folder = self.span.path.rpartition("/templates/")[0]
        return (folder, equals["name"], equals["word"]) if equals is not None else ("", "", "")

    @property
    def key(self) -> str:
        """What it says, the same for the same words; what ``else`` says hangs on its block."""
        return self.text if self.text != "else" else f"{self.decision}#{self.branch}"

    @property
    def step(self) -> Step:
        """It as a step beside what it decides about."""
        return Step(
            shared(self.words), self.span, self.holds is False, self.asks_for, shared(self.key), shared(self.decision)
        )

    def excludes(self, other: Condition) -> bool:
        """Whether both can never hold at once: two branches of the same block, or one value compared with two words."""
        if self.decision == other.decision:
            return self.branch != other.branch
        chart, name, word = self.compared
        theirs = other.compared if name else ("", "", "")
        return bool(name) and (chart, name) == theirs[:2] and word != theirs[2]

    def __str__(self) -> str:
        return self.text


def exclude_each_other(one: Iterable[Condition], other: Iterable[Condition]) -> bool:
    """Whether things under these conditions can never exist together."""
    theirs = tuple(other)
    return any(condition.excludes(each) for condition in one for each in theirs)


def come_together(one: HasSpan, other: HasSpan) -> bool:
    """Whether one of two things is nowhere without the other, by the conditions under which templates write them."""
    return goes_with(one, other) or goes_with(other, one)


def goes_with(one: HasSpan, other: HasSpan) -> bool:
    """Whether one thing is there wherever the other one is, by the conditions under which templates write them."""
    return _held(one) <= _held(other)


def left_out(one: HasSpan, other: HasSpan) -> bool:
    """Whether a template writes one thing without another: in two branches of a decision, or that one only if asked for it."""
    theirs = {step.decision: step.condition for step in _conditions(other)}
    own = [step for step in _conditions(one) if step.condition not in theirs.values()]
    return any(step.off or step.decision in theirs for step in own)


def _held(place: HasSpan) -> set[str]:
    return {step.condition for step in _conditions(place)}


def _conditions(place: HasSpan) -> list[Step]:
    return [step for step in place.span.trail if step.condition]
