"""Scalars of a template that are documents themselves: scripts, configurations, with the actions in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from dindguard.documents.joined import Joined
from dindguard.documents.template.actions import Action
from dindguard.documents.template.answers import Answer, Known, text_of
from dindguard.documents.tree import Node
from dindguard.patterns import regex
from dindguard.source import Source

_NOT_OF_NAMES = regex(r"\W+")
_WITH_VARIABLES = frozenset({"shell", "dockerfile", "makefile"})
"""Texts in which what nobody knows stands as a variable; in any other, the action itself does."""


def document_of(
    raw: Node, outputs: Sequence[Action], answers: Sequence[Answer], filler: str
) -> Callable[[str], Source]:
    """Return what gives the document that a scalar is: what is known filled in, each character with its place."""

    def document(hint: str) -> Source:
        joined = Joined(raw.source)
        stand_ins = _stand_ins(raw, outputs, answers, hint in _WITH_VARIABLES)
        joined.add_node(raw, regex(f"{filler}+"), lambda match: _replaced(match, stand_ins))
        return joined.source(hint)

    return document


Stand = tuple[int, str]


def _stand_ins(raw: Node, outputs: Sequence[Action], answers: Sequence[Answer], variables: bool) -> Iterator[Stand]:
    """Yield the length of each action's filler, and what stands for it."""
    for action, answer in zip(outputs, answers, strict=True):
        written = raw.source.text[action.start : action.end]
        text = text_of(answer) if isinstance(answer, Known) and (answer.value is not None or answer.steps) else None
        if text is None:
            name = _NOT_OF_NAMES.sub("_", action.expression).strip("_")
            text = f"${{{name or 'value'}}}" if variables else written
        yield len(written.partition("\n")[0].rstrip("\r")), text


def _replaced(match: re.Match[str], stand_ins: Iterator[Stand]) -> str:
    """Return what stands for a run of filler: for one action, or for several without a gap."""
    pieces: list[str] = []
    left = len(match.group())
    while left > 0 and (stand_in := next(stand_ins, None)) is not None:
        pieces.append(stand_in[1])
        left -= stand_in[0]
    return "".join(pieces)
