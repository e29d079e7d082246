"""The conditions under which a place of a template is written, with what the files' own values make of them."""

from __future__ import annotations

import re

from dindguard import budget
from dindguard.documents.template.actions import Dialect, normal
from dindguard.documents.template.blocks import Block, loop_names
from dindguard.documents.template.frames import Frame
from dindguard.documents.template.writing import holds
from dindguard.model.condition import Condition
from dindguard.patterns import regex

_OF_VALUES = regex(r"(?<![\w.])\$?\.Values\.")


def between(inner: Block, outer: Block, frame: Frame) -> tuple[Condition, ...]:
    """Return the conditions of the blocks from ``inner`` up to ``outer``, that one left out; the outermost first."""
    found: list[Condition] = []
    for count, block in enumerate(inner.above()):
        if block is outer or block.parent is None or block.word in ("define", "block"):
            break
        if not budget.within(budget.TEMPLATE_CONDITIONS, count + 1, frame.template.place(inner.start)):
            break
        if block.start in frame.items:
            continue
        held = holds(frame, block)
        if held is not True or block.word == "if":
            condition = frame.conditions.get(block)
            if condition is None:
                condition = frame.conditions[block] = _condition(block, held, frame)
            found.append(condition)
    return tuple(reversed(found))


def _condition(block: Block, held: bool | None, frame: Frame) -> Condition:
    source = frame.template.source
    action = block.action
    assert action is not None
    span = source.span(action.start, action.end)
    return Condition(_words(block, frame), span, held, f"{source.path}:{block.group}", block.number)


def _words(block: Block, frame: Frame) -> str:
    """Return a condition in words: its expression, or that none of those above it holds."""
    if block.expression:
        text = _shown(block, frame)
        return f"{text} has entries" if block.word == "range" else text
    above = [each for each in block.before if each.expression]
    first = _shown(above[0], frame) if above else "something else"
    if above and above[0].word == "range":
        return f"{first} has no entries"
    return f"not {first}" if len(above) == 1 and " " not in first else f"not ({first})" if len(above) == 1 else "else"


def _shown(block: Block, frame: Frame) -> str:
    text = normal(block.expression)
    if frame.template.dialect is Dialect.GO:
        text = text.partition(":=")[2].strip() or text if text.startswith("$") and ":=" in text else text
        text = _OF_VALUES.sub("", text)
    elif block.word == "range":
        text = text.partition(" in ")[2] or text
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


_SHOWN = 120


def rules_out_round(conditions: tuple[Condition, ...], block: Block, outer: Block, frame: Frame) -> bool:
    """Whether a condition about the very item of a loop's round keeps something out of this round."""
    if not frame.items or all(each.holds is not False for each in conditions):
        return False
    for around in block.above():
        if around is outer or around.parent is None:
            return False
        if holds(frame, around) is False and _about_item(around, frame):
            return True
    return False


def _about_item(block: Block, frame: Frame) -> bool:
    expressions = [each.expression for each in (block, *block.before)]
    for around in block.above():
        if around.start in frame.items:
            names = loop_names(around, frame.template.dialect)
            if any(re.search(rf"{re.escape(name)}(?!\w)", each) for name in names for each in expressions):
                return True
            return block.parent is not None and block.parent.scope is around and any(map(_OF_DOT.search, expressions))
    return False


_OF_DOT = regex(r"(?<![\w$)\"])\.")
