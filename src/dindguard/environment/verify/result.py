"""One check's result, and the small words with which checks speak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dindguard.environment.verify.answers import Answers
from dindguard.printable import printable


class Outcome(StrEnum):
    """``UNKNOWN`` is a check that could not be made: it counts against the environment like a failed one."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Result:
    """``found`` is what was seen, in words; ``remedy`` what to do about it, empty where nothing is to be done."""

    check: str
    outcome: Outcome
    found: str
    remedy: str = ""


Judgement = tuple[Outcome, str]


@dataclass(frozen=True, slots=True)
class Check:
    """A named question to the answers, with what to do when the answer is wrong."""

    name: str
    judge: Callable[[Answers], Judgement]
    remedy: str

    def __call__(self, answers: Answers) -> Result:
        """Judge; what came from the engine is made printable here, for all checks."""
        outcome, found = self.judge(answers)
        good = outcome in {Outcome.PASSED, Outcome.NOT_APPLICABLE}
        return Result(self.name, outcome, printable(found), "" if good else self.remedy)


def passed(found: str) -> Judgement:
    """As it should be."""
    return Outcome.PASSED, found


def failed(found: str) -> Judgement:
    """Not as it should be."""
    return Outcome.FAILED, found


def unknown(found: str) -> Judgement:
    """Could not be told."""
    return Outcome.UNKNOWN, found


def not_applicable(why: str) -> Judgement:
    """Nothing is claimed here that could be checked."""
    return Outcome.NOT_APPLICABLE, why


def require(holds: bool, good: str, bad: str) -> Judgement:
    """Passed when ``holds``, else failed."""
    return passed(good) if holds else failed(bad)
