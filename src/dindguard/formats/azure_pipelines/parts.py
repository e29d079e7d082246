"""Parts of a pipeline, with what names stand for there. Conditions, loops and insertions are looked through."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats.azure_pipelines.expressions import (
    Directive,
    directive,
    holds,
    located,
    plain,
    whole_expression,
)
from dindguard.formats.azure_pipelines.names import Names
from dindguard.model.condition import Condition
from dindguard.model.values import Text
from dindguard.source import Span


class Part:
    """A node, the names in force there, and the conditions under which it exists."""

    __slots__ = ("_pairs", "conditions", "names", "raw")

    def __init__(self, raw: Node, names: Names, conditions: tuple[Condition, ...] = ()) -> None:
        self.raw = raw
        self.names = names
        self.conditions = conditions
        self._pairs: dict[str, Part] | None = None

    @property
    def span(self) -> Span:
        """Where it is written."""
        return self.raw.span

    @property
    def present(self) -> bool:
        """Whether anything is written here."""
        return self.raw.present and not self.raw.is_null

    @property
    def node(self) -> Node:
        """The node; a scalar's expressions are told apart from its text."""
        return located(self.raw, self.names) if self.raw.is_scalar else self.raw

    @property
    def plain(self) -> bool:
        """Whether a scalar says the same whatever names are in force."""
        return plain(self.raw)

    @property
    def value(self) -> Text:
        """A scalar with its expressions replaced as far as the files decide them."""
        return self.node.value

    @property
    def text(self) -> str:
        """The known value of a scalar, or ``""``."""
        return self.node.text

    def naming(self, names: Names) -> Part:
        """Return the same part with other names in force."""
        return Part(self.raw, names, self.conditions)

    def pairs(self) -> dict[str, Part]:
        """Return what a mapping holds by key, the last of equal ones."""
        if self._pairs is None:
            self._pairs = {}
            branches = _Branches()
            for key, value in self.raw.pairs():
                told = directive(key)
                if told is None:
                    self._pairs[key.content] = self._below(value)
                else:
                    for body in self._bodies(told, key, value, branches):
                        for name, found in body.pairs().items():
                            self._pairs[name] = _both(self._pairs.get(name), found)
        return self._pairs

    def __getitem__(self, key: str) -> Part:
        return self._held(key) or Part(self.raw.hole(key), self.names, self.conditions)

    def __contains__(self, key: str) -> bool:
        return (found := self._held(key)) is not None and found.present

    def _held(self, key: str) -> Part | None:
        return self.pairs().get(key) if self.raw.is_mapping else None

    def items(self) -> Iterator[Part]:
        """Yield the items of a list."""
        branches = _Branches()
        for item in self.raw.items():
            if not self.names.more(item):
                return
            told = [(directive(key), key, value) for key, value in item.pairs()]
            if told and all(each is not None for each, _, _ in told):
                for each, key, value in told:
                    assert each is not None
                    for body in self._bodies(each, key, value, branches):
                        yield from body.items()
                continue
            below = self._below(item)
            if below.raw is not item and below.raw.is_sequence:
                yield from below.items()
            else:
                yield below

    def _below(self, node: Node) -> Part:
        """Return a part of this one; an expression that stands for a mapping or a list is that."""
        expression = whole_expression(node)
        found = self.names.part(expression) if expression else None
        if found is None or found.raw.is_scalar:
            return Part(node, self.names, self.conditions)
        return Part(found.raw, found.names, (*self.conditions, *found.conditions))

    def _bodies(self, told: Directive, key: Node, value: Node, branches: _Branches) -> Iterator[Part]:
        """Yield what a directive writes in its place: nothing when it is known that it never does."""
        if told.kind == "each":
            yield from self._rounds(told, value)
        elif told.kind == "insert":
            yield self._below(value)
        else:
            condition, never = branches.next(told, key, self.names)
            if not never:
                conditions = (*self.conditions, condition) if condition is not None else self.conditions
                below = self._below(value)
                yield Part(below.raw, below.names, (*conditions, *below.conditions[len(self.conditions) :]))

    def _rounds(self, told: Directive, value: Node) -> Iterator[Part]:
        """Yield a loop's body for every item that it goes over; once, if nobody knows them."""
        name, over = told.loop
        found = self.names.part(over)
        if found is None or found.raw.is_scalar:
            yield Part(value, self.names, self.conditions)
        elif found.raw.is_sequence:
            for item in found.items():
                yield Part(value, self.names.with_parts({name.lower(): item}), self.conditions)
        else:
            for (key, _), item in zip(found.raw.pairs(), found.pairs().values(), strict=False):
                if not self.names.more(key):
                    return
                pair = {f"{name}.key".lower(): Part(key, found.names), f"{name}.value".lower(): item}
                yield Part(value, self.names.with_parts(pair), self.conditions)


def _both(one: Part | None, other: Part) -> Part:
    """Return what two branches make of one key: both lists, else the last."""
    if one is None or not one.raw.is_sequence or not other.raw.is_sequence:
        return other
    return Part(one.raw.with_items([*one.raw.items(), *other.raw.items()]), other.names)


class _Branches:
    """The branches of the ``if`` that is being read: which of the next ones can still hold."""

    def __init__(self) -> None:
        self._decision = ""
        self._earlier: list[bool | None] = []

    def next(self, told: Directive, key: Node, names: Names) -> tuple[Condition | None, bool]:
        """Return the condition of a branch, ``None`` if it certainly holds, and whether it certainly never does."""
        if told.kind == "if":
            self._decision, self._earlier = f"{key.source.path}:{key.start}", []
        held = self._held(told, names, key)
        branch = len(self._earlier)
        self._earlier.append(held)
        if held is not None and not names.assumed:
            return None, not held
        text = " ".join((told.argument or told.kind).split())
        return Condition(text, key.span, held, self._decision, branch), told.argument.lower() == "false"

    def _held(self, told: Directive, names: Names, key: Node) -> bool | None:
        if True in self._earlier:
            return False
        own = True if told.kind == "else" else holds(told.argument, names, key)
        return own if own is False or None not in self._earlier else None
