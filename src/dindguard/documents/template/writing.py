"""The text that a small part of a template writes, where the files decide it: a named template's, a value's."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.documents.template.actions import Act, Action
from dindguard.documents.template.answers import Answer, Known, Unknown, steps_of, text_of, truth
from dindguard.documents.template.blocks import Block
from dindguard.documents.template.frames import Frame, looped_over
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.source import HasSpan


class _Undecided(Exception):  # noqa: N818 - no error: the files do not say which text it is
    """A condition decides the text, and the files do not decide the condition."""

    def __init__(self, name: str) -> None:
        self.name = name


def written_out(frame: Frame, start: int, end: int) -> Answer:
    """Return the text of ``[start, end)``; unknown pieces stay in it as they are, an unknown branch makes it unknown.

    A part that prints nothing but one structured value is that value.
    """
    found = frame.template.between(start, end)
    at = frame.template.place(start, end)
    if not budget.within(budget.TEMPLATE_ACTIONS, len(found), at):
        return Unknown("a named template")
    try:
        pieces = _pieces(frame, found, start, end)
    except _Undecided as undecided:
        return Unknown(undecided.name)
    solid = [each for each in pieces if not isinstance(each, str) or each.strip()]
    if len(solid) == 1 and isinstance(solid[0], Known) and text_of(solid[0]) is None:
        return solid[0]
    return _whole(pieces, at)


def _whole(pieces: list[str | Answer], at: HasSpan) -> Answer:
    answers = [each for each in pieces if not isinstance(each, str)]
    texts = []
    missing = next((each for each in answers if isinstance(each, Unknown)), None)
    for each in pieces:
        text = each if isinstance(each, str) else each.partial if isinstance(each, Unknown) else text_of(each)
        if text is None:
            return Unknown("a structure inside a text")
        texts.append(text)
    whole = "".join(texts).strip()
    if not budget.within(budget.TEMPLATE_TEXT, len(whole), at):
        return Unknown("a long text")
    steps = steps_of(answers)
    return Known(whole, steps) if missing is None else Unknown(missing.name, whole or UNKNOWN_PIECE, steps)


def _pieces(frame: Frame, found: Sequence[Action], start: int, end: int) -> list[str | Answer]:
    """Return the texts and the values of a part, the branches that are not taken left out."""
    text = frame.template.source.text
    pieces: list[str | Answer] = []
    at = start
    for action in (*found, None):
        until = action.start if action is not None else end
        if until > at and _taken(frame, at, start):
            piece = text[at:until]
            pieces.append(piece.rstrip() if action is not None and action.trims_before else piece)
        if action is None:
            break
        at = action.end
        if action.act is Act.OUTPUT and _taken(frame, action.start, start):
            block = frame.template.blocks.at(action.start)
            pieces.append(frame.answer(action.expression, action.start, block))
        if action.trims_after:
            at += len(text[at:end]) - len(text[at:end].lstrip())
    return pieces


def _taken(frame: Frame, offset: int, start: int) -> bool:
    """Whether the branches between ``start`` and a place are taken."""
    for block in frame.template.blocks.at(offset).above():
        if block.start < start or block.parent is None or block.word in ("define", "block"):
            return True
        if block.word == "range":
            raise _Undecided(block.expression)
        if not taken(frame, block):
            return False
    return True


def taken_between(frame: Frame, offset: int, start: int) -> bool | None:
    """Return whether the branches between ``start`` and a place are taken; ``None`` when the files do not decide it."""
    try:
        return _taken(frame, offset, start)
    except _Undecided:
        return None


def taken(frame: Frame, block: Block) -> bool:
    """Whether one branch of an ``if`` is taken; raises when the files do not decide it."""
    held = holds(frame, block)
    if held is None:
        raise _Undecided(block.expression or block.before[0].expression)
    return held


def holds(frame: Frame, block: Block) -> bool | None:
    """Return whether a branch is taken with the values that the files give: its own condition, and none above it."""
    if block.parent is None:
        return True
    if block not in frame.held:
        frame.held[block] = _holds(frame, block)
    return frame.held[block]


def _holds(frame: Frame, block: Block) -> bool | None:
    above = [_own(frame, each) for each in block.before]
    if True in above:
        return False
    own = _own(frame, block) if block.expression else True
    if own is False:
        return False
    return None if None in above or own is None or not block.knows_all_before else True


def _own(frame: Frame, block: Block) -> bool | None:
    if block.parent is None:
        return None
    if block.word == "range":
        items = looped_over(block, frame)
        return None if items is None else bool(items)
    answer = frame.answer(block.expression, block.start, block.parent)
    frame.library.used(answer)
    return truth(answer)
