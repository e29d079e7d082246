"""What the expressions of a template stand for at a place: the dot, the variables in force, the loops around it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

from dindguard import budget
from dindguard.documents.template import go_expressions
from dindguard.documents.template.actions import Action, Dialect, normal
from dindguard.documents.template.answers import (
    Answer,
    Known,
    Unknown,
    alike,
    field,
    held,
    image_of,
    items_of,
    text_of,
    truth,
)  # fmt: skip
from dindguard.documents.template.blocks import Block, loop_names
from dindguard.documents.template.functions import GO, Functions, call
from dindguard.documents.template.template import Template
from dindguard.documents.template.terms import Call, Field, Literal, Opaque, Term, Variable, written
from dindguard.model.condition import Condition
from dindguard.patterns import regex
from dindguard.records import replace
from dindguard.source import SET_HERE, Source, Step

Defined = tuple[Template, Block]
Item = tuple[Answer, Answer]
Assignment = tuple[Action, Block, str]


class Library(Protocol):
    """What a template may call: the named templates of its chart, and the text that a part of one writes."""

    def find(self, name: str) -> Defined | None:
        """Return a named template."""

    def grafts(self, defined: Defined) -> bool:
        """Note that a named template is written somewhere as part of a document; whether it may be, once more."""

    def used(self, answer: Answer) -> None:
        """Note the places whose values stand in a document, or decide whether a part of one does."""

    def write(self, frame: Frame, start: int, end: int) -> Answer:
        """Return the text that ``[start, end)`` of a frame's template writes."""

    def taken(self, frame: Frame, offset: int, start: int) -> bool | None:
        """Return whether the branches between ``start`` and a place are taken; ``None`` when nobody knows."""


_SET_KEY = regex(r"\bset\s+(?P<name>\$\w+)\s+[\"`](?P<key>[^\"`]+)[\"`]\s+(?P<value>.+)", re.DOTALL)
HANDS_ON = {"common.tplvalues.render": "value", "common.compatibility.renderSecurityContext": "secContext"}
"""Named templates of Bitnami's library, which lies in few trees: each writes what it is given under this key."""

_RENDERS = frozenset({"include", "template", "tpl", "common.tplvalues.render"})


class Frame:
    """One use of a template's text: the whole file, a named template with its argument, one round of a loop.

    ``dot`` is what ``.`` and ``$`` are outside of ``with`` and ``range``; ``defined`` is the named template's block, and
    ``caller`` the frame that it is called from. ``held`` and ``conditions`` are what was found of branches.
    """

    def __init__(
        self,
        template: Template,
        dot: Answer,
        library: Library,
        *,
        depth: int = 0,
        items: dict[int, Item] | None = None,
        defined: Block | None = None,
        caller: Frame | None = None,
    ) -> None:
        self.template = template
        self.dot = dot
        self.library = library
        self.depth = depth
        self.items = items or {}
        self.defined = defined
        self.caller = caller
        self._answers: dict[tuple[str, int], Answer] = {}
        self.held: dict[Block, bool | None] = {}
        self.conditions: dict[Block, Condition] = {}

    def looped(self, loop: Block, item: Item) -> Frame:
        """Return the frame of one round of a loop."""
        items = {**self.items, loop.start: item}
        return Frame(
            self.template, self.dot, self.library, depth=self.depth, items=items, defined=self.defined, caller=self.caller
        )  # fmt: skip

    def called(self, defined: Defined, dot: Answer) -> Frame:
        """Return the frame of a named template with its argument."""
        return Frame(defined[0], dot, self.library, depth=self.depth + 1, defined=defined[1], caller=self)

    def goes_round(self, defined: Defined, dot: Answer) -> bool:
        """Whether a named template is called from itself with what it was given, as far as that is known.

        It would say the same again: one that goes through a map of maps ends where the files know the map no more.
        """
        frame: Frame | None = self
        while frame is not None:
            if frame.defined is defined[1] and alike(frame.dot, dot):
                return True
            frame = frame.caller
        return False

    def follows(self, offset: int) -> bool:
        """Whether a template, variable or condition called for at a place is looked at, or lies too deep."""
        most = budget.TEMPLATE_DEPTH
        return self.depth < most.most or budget.within(most, self.depth + 1, self.template.place(offset))

    # -- expressions --------------------------------------------------------------------------------

    def answer(self, expression: str, offset: int, block: Block) -> Answer:
        """Return what an expression stands for at a place inside ``block``."""
        key = (expression, offset)
        found = self._answers.get(key)
        if found is None:
            self._answers[key] = Unknown(expression)  # while it is evaluated
            found = self._answers[key] = self._evaluated(expression, offset, block)
        return found

    def _evaluated(self, expression: str, offset: int, block: Block) -> Answer:
        made = go_expressions.assigned(expression) if self.template.dialect is Dialect.GO else None
        term = self._term(made[1] if made is not None else expression)
        self.depth += 1
        try:
            return self.value(term, offset, block) if self.follows(offset) else Unknown(expression)
        finally:
            self.depth -= 1

    def _term(self, expression: str) -> Term:
        if self.template.dialect is Dialect.GO:
            return go_expressions.parse(expression)
        if self.template.dialect is Dialect.JINJA:
            from dindguard.documents.template import jinja_expressions  # most templates are of Go

            return jinja_expressions.parse(expression)
        return Opaque(expression)

    def value(self, term: Term, offset: int, block: Block) -> Answer:
        """Return what a term stands for."""
        if isinstance(term, Field):
            found = self.value(term.of, offset, block)
            for step in term.path:
                below = held(found.value, step) if isinstance(found, Known) else None
                if below is None:
                    return Unknown(term.words)
                found = below
            return found
        if isinstance(term, Variable):
            return self._variable(term.name, offset, block)
        if isinstance(term, Call):
            return self._call(term, offset, block)
        if isinstance(term, Literal):
            return Known(term.value)
        if term.too_deep:
            budget.met(budget.EXPRESSION_NESTING, self.template.place(offset))
        return Unknown(term.expression)

    def _call(self, term: Call, offset: int, block: Block) -> Answer:
        arguments = [self.value(each, offset, block) for each in term.arguments]
        if term.name in _RENDERS or term.name == "common.images.image":
            return self._rendering(term.name, arguments, written(term), offset)
        return call(self._functions(), term.name, arguments, lambda: written(term), self.template.place(offset))

    def _functions(self) -> Functions:
        if self.template.dialect is Dialect.GO:
            return GO
        from dindguard.documents.template.jinja_filters import JINJA

        return JINJA

    # -- variables ----------------------------------------------------------------------------------

    def _variable(self, name: str, offset: int, block: Block) -> Answer:
        if name == "":
            return self.dot_at(block)
        if name == "$":
            return self.dot
        looped = self._loop_variable(name, block)
        assigned = self._assigned(name, offset, looped[0].start if looped else -1)
        if assigned is not None:
            return assigned
        if looped is not None:
            return looped[1]
        return field(self.dot, name, name) if self.template.dialect is Dialect.JINJA else Unknown(name)

    def dot_at(self, block: Block) -> Answer:
        """Return what the dot is directly inside a block."""
        scope = block.scope
        if scope.word not in ("with", "range") or scope.parent is None:
            return self.dot
        if scope.word == "with":
            answer = self.answer(scope.expression, scope.start, scope.parent)
            # Inside it is something: what the files' own values make nothing is given by somebody else.
            return answer if truth(answer) is not False else Unknown(_shown(scope.expression))
        item = self.items.get(scope.start)
        return item[1] if item is not None else Unknown(f"each of {scope.expression}")

    def _loop_variable(self, name: str, block: Block) -> tuple[Block, Answer] | None:
        """Return the variable of a loop or a ``with`` around a place, and the block that sets it."""
        for count, around in enumerate(block.above()):
            if not budget.within(budget.TEMPLATE_DEPTH, count, self.template.place(block.start)):
                return None
            names = loop_names(around, self.template.dialect)
            if around.parent is not None and name in names:
                if around.word == "with":
                    return around, self.answer(around.expression, around.start, around.parent)
                key, item = self.items.get(around.start) or (Unknown(name), Unknown(name))
                return around, key if len(names) > 1 and name == names[0] else item
        return None

    def _assigned(self, name: str, offset: int, after: int) -> Answer | None:
        """Return the last assignment that is in force at a place; unknown when a branch changed the variable."""
        made = self.template.assignments.get(name, [])
        index = bisect_left(made, offset, key=lambda each: each[0].start)
        for count, (action, block, expression) in enumerate(reversed(made[:index])):
            if not budget.within(budget.VARIABLE_CHANGES, count + 1, self.template.place(offset)):
                return Unknown(name)
            if action.start < after:
                return None
            if block.holds(offset) or block.parent is None:
                self._answer_before(name, made, index - count - 1)
                return self._changed(name, self.answer(expression, action.start, block), action.start, offset)
            if not action.expression.replace(" ", "").startswith(f"{name}:="):
                return Unknown(name)
        return None

    def _answer_before(self, name: str, made: Sequence[Assignment], last: int) -> None:
        """Answer what an assignment builds on, each after the one it builds on: a long list of them is no deep one.

        Where each takes the variable once, its value grows no faster than the text.
        """
        first, at = last, made[last][0].start
        while (
            first > 0
            and made[first][2].count(name) == 1
            and (made[first][2], made[first][0].start) not in self._answers
        ):
            first -= 1
        for action, block, expression in made[first:last]:
            if block.holds(at) or block.parent is None:
                self.answer(expression, action.start, block)

    def _changed(self, name: str, answer: Answer, since: int, offset: int) -> Answer:
        """Return a mapping with the keys that ``set`` put into it, where the files decide that it did."""
        if not isinstance(answer, Known) or not isinstance(answer.value, dict):
            return answer
        held = dict(answer.value)
        changes = 0
        for action in self.template.between(since + 1, offset):
            match = _SET_KEY.search(action.expression) if "set " in action.expression else None
            if match is None or match["name"] != name:
                continue
            changes += 1
            if not budget.within(budget.VARIABLE_CHANGES, changes, self.template.place(action.start)):
                return Unknown(name)
            block = self.template.blocks.at(action.start)
            holds = self.library.taken(self, action.start, since)
            if holds is None:
                return Unknown(block.expression or name)
            if holds:
                value = self.answer(match["value"], action.start, block)
                step = Step(SET_HERE, self.template.source.span(action.start, action.end))
                held[match["key"]] = replace(value, steps=(step, *value.steps))
        return Known(held, answer.steps)

    # -- named templates ----------------------------------------------------------------------------

    def _rendering(self, name: str, arguments: list[Answer], expression: str, offset: int) -> Answer:
        if name == "common.images.image":
            return image_of(arguments)
        if name == "tpl":
            return self._expanded(arguments[0], arguments[-1], offset) if arguments else Unknown(expression)
        called = text_of(arguments[0]) if arguments else None
        if called is None:
            return Unknown(expression)
        return self.included(called, arguments[1] if len(arguments) > 1 else Known(None), expression, offset)

    def included(self, name: str, dot: Answer, expression: str, offset: int) -> Answer:
        """Return the text of a named template; structured values stay what they are."""
        held = (
            dot.value.get(HANDS_ON[name])
            if name in HANDS_ON and isinstance(dot, Known) and isinstance(dot.value, dict)
            else None
        )
        if held is not None:
            return self._expanded(held, self.dot, offset)
        if name == "common.images.image":
            return image_of([dot])
        defined = self.library.find(name)
        if defined is None or self.goes_round(defined, dot) or not self.follows(offset):
            return Unknown(expression)
        start, end = defined[0].body(defined[1])
        answer = self.library.write(self.called(defined, dot), start, end)
        return answer if isinstance(answer, Known) else Unknown(expression, answer.partial, answer.steps)

    def _expanded(self, answer: Answer, dot: Answer, offset: int) -> Answer:
        """Return a text that is a template itself with its actions decided."""
        text = answer.value if isinstance(answer, Known) else None
        if not isinstance(text, str) or "{{" not in text or not self.follows(offset):
            return answer
        inner = Template(Source(self.template.source.path, text), Dialect.GO)
        return self.library.write(Frame(inner, dot, self.library, depth=self.depth + 1), 0, len(text))


def _shown(expression: str) -> str:
    made = go_expressions.assigned(expression)
    return normal(made[1] if made is not None else expression)


def looped_over(block: Block, frame: Frame) -> list[Item] | None:
    """Return keys and items of a loop, of too many one more than it may have; ``None`` when the files do not decide them."""
    if block.parent is None:
        return None
    expression = block.expression
    if frame.template.dialect is Dialect.JINJA:
        expression = expression.partition(" in ")[2].partition(" if ")[0]
    return items_of(frame.answer(expression, block.start, block.parent), budget.TEMPLATE_ROUNDS.most + 1)
