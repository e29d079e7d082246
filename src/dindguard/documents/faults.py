"""Texts that cannot be read: what readers raise on the way, and the notice that users see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.source import Gravity, Notice, Source

if TYPE_CHECKING:
    from dindguard.budget.limit import Limit


class UnreadableError(Exception):
    """The text cannot be read: ``problem`` at the 0-based offset ``position``."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.position = position


class TooDeepError(UnreadableError):
    """The text nests deeper than its language's limit in :mod:`dindguard.budget`."""


def notice_of(error: UnreadableError, source: Source, language: str, nesting: Limit) -> Notice:
    """Return what is told of an error: the limit that was met, or what is wrong with the text."""
    if isinstance(error, TooDeepError):
        return nesting.notice(source.span(error.position, error.position))
    return unreadable(source, language, error.problem, error.position)


def unreadable(source: Source, language: str, problem: str, position: int) -> Notice:
    """Return the notice of a text that is not of the language that its name or shape promises."""
    position = min(position, len(source.text))
    return Notice(
        "unreadable",
        f"this {language} cannot be read: {problem}",
        source.span(position, position),
        Gravity.ERROR,
        "fix the syntax or exclude the file",
    )
