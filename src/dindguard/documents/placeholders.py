"""Texts whose placeholders (``$VAR``, ``${{ env.X }}``) are replaced by what the files decide."""

from __future__ import annotations

import re
from collections.abc import Callable

from dindguard import budget
from dindguard.model.values import UNKNOWN_PIECE, How, Text, how_written, unknown
from dindguard.records import replace
from dindguard.source import Span, Step

Lookup = Callable[[re.Match[str]], Text | str]
"""What a match stands for: a text, known or not, or the very characters (an escaped dollar)."""


def substitute(text: Text, pattern: re.Pattern[str], lookup: Lookup) -> Text:
    """Return ``text`` with every match of ``pattern`` replaced by what ``lookup`` finds.

    The span stays; its trail leads to the places that the values come from. A text without a match is
    returned as it is.
    """
    typed = text.pattern
    pieces: list[str] = []
    found: list[Text] = []
    at = 0
    for match in pattern.finditer(typed):
        value = lookup(match)
        pieces.append(typed[at : match.start()])
        at = match.end()
        if isinstance(value, Text):
            found.append(value)
            pieces.append(value.pattern)
        else:
            pieces.append(value)
    if not pieces:
        return text
    pieces.append(typed[at:])
    raw = text.raw or typed
    if not budget.within(budget.VALUE_TEXT, sum(map(len, pieces)), text):
        return unknown(text.span, next((value.variable for value in found if value.variable), ""), raw)
    whole = "".join(pieces)
    undecided = next((value for value in (text, *found) if value.unknown), None)
    span = _explained(text.span, found)
    if undecided is not None:
        return Text(None, span, How.UNKNOWN, whole, undecided.variable, raw)
    how = how_written([text, *(value for value in found)]) if found else text.how
    return Text(whole, span, How.VARIABLE if found and how is How.WRITTEN else how, raw=raw)


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
        steps += [Step("set here", bare), *text.span.trail]
    if not steps:
        return span
    budget.within(budget.STEPS_SHOWN, len(span.trail) + len(steps), span)
    return span.with_trail(*steps[: max(budget.STEPS_SHOWN.most - len(span.trail), 1)])
