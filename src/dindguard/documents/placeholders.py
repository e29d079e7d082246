"""Texts whose placeholders (``$VAR``, ``${{ env.X }}``) are replaced by what the files decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.model.values import UNKNOWN_PIECE, How, Text, how_written, unknown
from dindguard.patterns import regex
from dindguard.records import replace
from dindguard.source import SET_HERE, Span, Step

if TYPE_CHECKING:
    from dindguard.documents.tree import Node

Lookup = Callable[[re.Match[str]], Text | str]
"""What a match stands for: a text, known or not, or the very characters (an escaped dollar)."""


def substitute(text: Text, pattern: re.Pattern[str], lookup: Lookup) -> Text:
    """Return ``text`` with every match of ``pattern`` replaced by what ``lookup`` finds.

    The span stays; its trail leads to the places that the values come from. A text without a match is
    returned as it is.
    """
    return assembled(text, [(*match.span(), lookup(match)) for match in pattern.finditer(text.pattern)])


def assembled(text: Text, parts: Sequence[tuple[int, int, Text | str]]) -> Text:
    """Return ``text`` with its characters ``[start, end)`` replaced by what each part gives, in order."""
    if not parts:
        return text
    typed = text.pattern
    pieces: list[str] = []
    at = 0
    for start, end, value in parts:
        pieces += (typed[at:start], value.pattern if isinstance(value, Text) else value)
        at = end
    pieces.append(typed[at:])
    found = [value for _, _, value in parts if isinstance(value, Text)]
    raw = text.raw or typed
    if not budget.within(budget.VALUE_TEXT, sum(map(len, pieces)), text):
        return unknown(text.span, next((value.variable for value in found if value.variable), ""), raw)
    whole = "".join(pieces)
    undecided = next((value for value in (text, *found) if value.unknown), None)
    span = _explained(text.span, found)
    if undecided is not None:
        return Text(None, span, How.UNKNOWN, whole, undecided.variable, raw)
    how = how_written([text, *found]) if found else text.how
    return Text(whole, span, How.VARIABLE if found and how is How.WRITTEN else how, raw=raw)


class Holes:
    """The scope of one scalar: which of its characters are expressions, and what the document says of them.

    ``places`` are ``(start, end, expression)`` in the scalar's content; ``values`` gives an expression's value, and
    ``written`` the scalar that it was written as, where the document has one.
    """

    __slots__ = ("places", "values", "written")

    def __init__(
        self,
        places: Sequence[tuple[int, int, str]],
        values: Mapping[str, Text],
        written: Callable[[str], Node | None] = lambda _: None,
    ) -> None:
        self.places = tuple(places)
        self.values = values
        self.written = written

    def value_of(self, expression: str, span: Span, raw: str = "") -> Text:
        """Return what an expression stands for; unknown, by the name of the expression, if nothing tells."""
        return self.values.get(expression) or unknown(span, expression, raw or expression)

    def concerns(self, content: str) -> bool:  # noqa: ARG002 - other dialects ask it
        """Whether a scalar has to know the scope: each has holes of its own."""
        return True

    def resolve(self, text: Text) -> Text:
        """Return the scalar's text with every expression replaced as far as the document decides it."""
        return assembled(
            text, [(start, end, self.value_of(name, text.span_of(start, end))) for start, end, name in self.places]
        )


_DOLLAR = regex(r"\$\{([^{}]*)\}")


class Unfilled:
    """The scope of a document that something fills in before it is used: ``${…}`` is unknown."""

    def concerns(self, content: str) -> bool:
        """Whether a scalar may hold a variable."""
        return "${" in content

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its variables unknown."""
        if "${" not in text.pattern:
            return text
        return substitute(text, _DOLLAR, lambda match: unknown(text.span, match[1], match[0]))


def undecided(text: Text, variable: str) -> Text:
    """Return ``text`` as one that only ``variable`` decides."""
    return unknown(text.span, variable, text.raw or text.pattern)


def differing(texts: list[Text], span: Span, variable: str) -> Text:
    """Return the text that all of ``texts`` agree on; an unknown one, at ``span``, when they differ."""
    first = texts[0]
    if first.known and all(text.value == first.value for text in texts):
        return first
    return Text(None, span, How.UNKNOWN, UNKNOWN_PIECE, variable)


def _explained(span: Span, found: list[Text]) -> Span:
    steps: list[Step] = []
    for text in found:
        if text.how is How.INHERITED or text.span == span:
            continue
        bare = replace(text.span, trail=())
        steps += [Step(SET_HERE, bare), *text.span.trail]
    if not steps:
        return span
    budget.within(budget.STEPS_SHOWN, len(steps), span)
    return span.with_trail(*steps[: budget.STEPS_SHOWN.most])
