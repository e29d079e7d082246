"""Templates of texts that no tree is made of, scripts and Dockerfiles: each action becomes a value or a variable.

What stands for an action has its length, so that every line and column stays. A value that is too long for that, and
whatever nobody knows, becomes a variable that has the expression's name.
"""

from __future__ import annotations

from dindguard.documents.template.actions import Act, Action
from dindguard.documents.template.answers import Known, text_of
from dindguard.documents.template.frames import Frame
from dindguard.documents.template.neutral import blank
from dindguard.patterns import regex

_NOT_OF_NAMES = regex(r"\W+")


def plain_text(frame: Frame, *, quoted: bool = False) -> str:
    """Return a template's text without its actions, of the same length; both branches of conditions are in it.

    With ``quoted``, what stands outside of quotes gets some, so that it is a value there.
    """
    text = frame.template.source.text
    pieces: list[str] = []
    at = 0
    for action in frame.template.actions:
        bare = quoted and text.count('"', text.rfind("\n", 0, action.start) + 1, action.start) % 2 == 0
        pieces += (text[at : action.start], _stand_in(action, text, frame, '"' if bare else ""))
        at = action.end
    pieces.append(text[at:])
    return "".join(pieces)


def _stand_in(action: Action, text: str, frame: Frame, quote: str) -> str:
    written = text[action.start : action.end]
    if action.act is not Act.OUTPUT or "\n" in written:
        return blank(written)
    answer = frame.answer(action.expression, action.start, frame.template.blocks.at(action.start))
    value = text_of(answer) if isinstance(answer, Known) and answer.value is not None else None
    fits = value is not None and "\n" not in value and len(value) <= len(written)
    if value is not None and fits and (len(value) == len(written) or text[action.end : action.end + 1] in _ENDS):
        return value.ljust(len(written))
    width = len(written) - len("${}") - 2 * len(quote)
    name = _NOT_OF_NAMES.sub("_", action.expression).strip("_0123456789")[: max(width, 0)] or "_"
    if width < 1:
        return blank(written)
    return f"{quote}${{{name}{'_' * (width - len(name))}}}{quote}"


_ENDS = frozenset({"", "\n", "\r", " ", "\t"})
