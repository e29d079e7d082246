"""Jinja in playbooks: what the expressions of a value stand for, as far as the files decide it.

Source: Ansible's "Understanding variable precedence". A value is templated where it is used, so a variable may be made of
others. Variables of the command line are not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from dindguard import budget
from dindguard.budget.limit import Limit
from dindguard.documents.placeholders import assembled
from dindguard.documents.template import jinja_expressions
from dindguard.documents.template.answers import Answer, Known, Unknown, field, items_of, of_node, text_of, truth
from dindguard.documents.template.functions import call
from dindguard.documents.template.jinja_filters import JINJA
from dindguard.documents.template.terms import Call, Literal, Opaque, Term, Variable, written
from dindguard.documents.tree import Kind, Node
from dindguard.model.container_fields import NOWHERE
from dindguard.model.values import UNKNOWN_PIECE, How, Text, unknown
from dindguard.patterns import regex
from dindguard.source import HasSpan, Span, Step

_EXPRESSION = regex(r"\{\{-?((?:[^{}\"']|\"[^\"]*\"|'[^']*'|\{[^{}]*\}|\}(?!\}))*)-?\}\}")
Layer: TypeAlias = Mapping[str, "Node | Answer"]


class Tally:
    """What the variables of one file have brought into its tasks; ``used`` tells which ones were asked for."""

    def __init__(self, used: set[tuple[str, int]] | None = None) -> None:
        self.used: set[tuple[str, int]] = used if used is not None else set()
        self._values = 0

    def allows(self, values: int, at: Node) -> bool:
        """Whether so many values more may be brought in."""
        self._values += values
        return budget.within(budget.TASK_VALUES, self._values, at)


class Variables:
    """The variables in force at a place, those that count first before the others: a dialect for nodes."""

    def __init__(self, layers: Sequence[Layer] = (), tally: Tally | None = None) -> None:
        self._layers = tuple(layers)
        self.tally = tally or Tally()
        self._depth = 0
        self._at: HasSpan | None = None
        """The variable, or what uses one, that was looked at last: where a limit is met."""
        self._answers: dict[str, Answer] = {}

    def over(self, layer: Layer) -> Variables:
        """Return these variables under others that count before them."""
        return Variables((layer, *self._layers), self.tally) if layer else self

    def concerns(self, content: str) -> bool:  # noqa: ARG002 - other dialects ask it
        """Whether a scalar has to know the scope: each does, for words of several may be joined."""
        return True

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its expressions replaced as far as the files decide them."""
        if "{" not in text.pattern:
            return text
        self._at = text
        if "{%" in text.pattern:
            return unknown(text.span, " ".join(text.pattern.split()), text.raw or text.pattern)
        return assembled(
            text, [(start, end, self._text(name, text)) for start, end, name in expressions(text.pattern)]
        )

    def get(self, expression: str) -> Text | None:
        """Return what an expression of a script stands for; ``None`` if nobody knows."""
        answer = self.answer(expression)
        value = text_of(answer)
        return None if value is None else Text(value, _place(answer), How.VARIABLE)

    def _text(self, expression: str, around: Text) -> Text:
        answer = self.answer(expression)
        value = text_of(answer)
        if value is not None:
            how = How.VARIABLE if answer.steps else How.DEFAULT
            return Text(value, answer.steps[0].span if answer.steps else around.span, how)
        name = answer.name if isinstance(answer, Unknown) else expression
        partial = answer.partial if isinstance(answer, Unknown) else UNKNOWN_PIECE
        return Text(None, around.span, How.UNKNOWN, partial, name)

    # -- structures ---------------------------------------------------------------------------------

    def mapping(self, node: Node) -> Node:
        """Return the mapping that a value is, or that it stands for as a whole; the node itself if it is none."""
        answer = self._whole(node)
        found = answer.value if isinstance(answer, Known) else None
        if not isinstance(found, Node) or not self.tally.allows(len(found.pairs()), node):
            return node
        return self._brought(found, node)

    def items(self, node: Node) -> list[Node]:
        """Return the items of the list that a value is, or stands for as a whole."""
        answer = self._whole(node)
        if answer is None:
            return node.items()
        found = answer.value if isinstance(answer, Known) else None
        held = found.items() if isinstance(found, Node) else found
        if not isinstance(held, list) or not self.tally.allows(len(held), node):
            return []
        answers = [each if isinstance(each, Known) else Known(each) for each in held if not isinstance(each, Unknown)]
        return [self._item(each, node) for each in answers]

    def texts(self, node: Node) -> Iterator[Text]:
        """Yield the texts of a list; one text stands for a list, with commas between the items."""
        answer = self._whole(node)
        if node.is_scalar and not node.is_null and (answer is None or text_of(answer)):
            yield from _split(node.value)
        for item in self.items(node):
            if item.is_scalar and not item.is_null and item.value.pattern:
                yield item.value

    def _item(self, answer: Known, node: Node) -> Node:
        if isinstance(answer.value, Node):
            return self._brought(answer.value, node)
        text = text_of(answer) or ""
        return Node(Kind.SCALAR, node.source, node.start, node.end, route=node.route, content=text, key=node.key)

    def unknown_list(self, node: Node) -> str:
        """Return the name of what would have to be known to tell a list; ``""`` for one that is known."""
        answer = self._whole(node)
        return answer.name if isinstance(answer, Unknown) else ""

    def _brought(self, found: Node, node: Node) -> Node:
        """Return a variable's value as a part of what uses it."""
        step = Step("used here", node.source.span(node.start, node.end, node.route))
        return found.scoped(self).explained(step, *node.trail)

    def _whole(self, node: Node) -> Answer | None:
        """Return what a scalar that is one expression stands for."""
        expression = _alone(node.content) if node.is_scalar else None
        self._at = node if expression is not None else self._at
        return self.answer(expression) if expression is not None else None

    # -- expressions --------------------------------------------------------------------------------

    def holds(self, condition: str, at: HasSpan) -> bool | None:
        """Return whether a bare condition (``when:``), written at ``at``, holds with the values of the files."""
        self._at = at
        return truth(self.answer(condition))

    def answer(self, expression: str) -> Answer:
        """Return what an expression stands for."""
        found = self._answers.get(expression)
        if found is not None:
            return found
        if not self._within(budget.VARIABLE_DEPTH, self._depth + 1) or self._is_long(expression):
            return Unknown(expression)
        self._answers[expression] = Unknown(expression)  # while it is looked for
        self._depth += 1
        try:
            found = self._answers[expression] = self._value(jinja_expressions.parse(" ".join(expression.split())))
        finally:
            self._depth -= 1
        return found

    def _value(self, term: Term) -> Answer:
        if isinstance(term, Literal):
            return Known(term.value)
        if isinstance(term, Opaque):
            return Unknown(term.expression)
        if isinstance(term, Variable):
            return self._named(term.name)
        if isinstance(term, Call):
            return self._called(term)
        found, name = self._value(term.of), written(term.of)
        for step in term.path:
            name += f".{step}"
            found = self._settled(field(found, step, name))
        return found

    def _called(self, term: Call) -> Answer:
        arguments = [self._value(each) for each in term.arguments]
        if term.name == "+" and len(arguments) == 2:
            return self._sum(arguments[0], arguments[1], written(term))
        if term.name in ("default", "d") and len(arguments) == 3 and truth(arguments[2]):
            return arguments[0] if truth(arguments[0]) else arguments[1]
        return self._settled(call(JINJA, term.name, arguments, lambda: written(term), self._at))

    def _named(self, name: str) -> Answer:
        for layer in self._layers:
            found = layer.get(name)
            if found is None:
                continue
            if not isinstance(found, Node):
                return found
            self._at = found
            self.tally.used.add((found.source.path, found.start))
            return Unknown(name) if found.tag == "!vault" else self._settled(of_node(found))
        return Unknown(name)

    def _settled(self, answer: Answer) -> Answer:
        """Return an answer whose text holds expressions with these replaced."""
        text = answer.value if isinstance(answer, Known) else None
        if not isinstance(text, str) or "{" not in text:
            return answer
        if "{%" in text or not self._within(budget.VARIABLE_DEPTH, self._depth + 1):
            return Unknown(" ".join(text.split()))
        alone = _alone(text)
        if alone is not None:
            inner = self.answer(alone)
            if isinstance(inner, Unknown):
                return inner
            return Known(inner.value, (*answer.steps, *inner.steps)) if text_of(inner) is not None else inner
        span = _place(answer)
        found = self.resolve(Text(text, span))
        if found.value is None:
            return Unknown(found.variable, found.pattern, answer.steps)
        return Known(found.value, (*answer.steps, *found.span.trail))

    def _sum(self, one: Answer, other: Answer, name: str) -> Answer:
        """Return two lists one behind the other, or two texts."""
        for each in (one, other):
            if isinstance(each, Unknown):
                return each
        texts = (text_of(one), text_of(other))
        if isinstance(one, Known) and isinstance(other, Known) and None in texts:
            joined = [*_held(one), *_held(other)]
            return Known(joined) if self._within(budget.JOINED_LISTS, len(joined)) else Unknown(name)
        return call(JINJA, "concat", [one, other], lambda: name, self._at)

    def _is_long(self, expression: str) -> bool:
        """Whether an expression has more parts than anybody writes: each lies inside of the one behind it."""
        most = budget.EXPRESSION_PARTS.most
        if len(expression) <= most:
            return False
        return not self._within(budget.EXPRESSION_PARTS, sum(map(expression.count, "+~|.([")))

    def _within(self, limit: Limit, count: int) -> bool:
        return count <= limit.most if self._at is None else budget.within(limit, count, self._at)


def expressions(text: str) -> list[tuple[int, int, str]]:
    """Return where the expressions of a text stand, and what they are."""
    return [(*match.span(), match[1].strip()) for match in _EXPRESSION.finditer(text)] if "{{" in text else []


def _alone(text: str) -> str | None:
    """Return the expression that a text is as a whole."""
    if "{{" not in text:
        return None
    stripped = text.strip()
    match = _EXPRESSION.match(stripped)
    return match[1].strip() if match is not None and match.end() == len(stripped) else None


def _held(answer: Known) -> list[Answer]:
    if isinstance(answer.value, Node):
        return [Known(item) for item in answer.value.items()]
    return [value for _, value in items_of(answer) or []]


def _split(text: Text) -> Iterator[Text]:
    """Yield what stands between the commas of a text."""
    at = 0
    for piece in text.pattern.split(","):
        start = at + len(piece) - len(piece.lstrip())
        if piece.strip():
            yield text.part(start, start + len(piece.strip()))
        at += len(piece) + 1


def _place(answer: Answer) -> Span:
    return answer.steps[0].span if answer.steps else NOWHERE
