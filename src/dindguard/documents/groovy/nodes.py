"""The nodes that Groovy is read into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dindguard.documents.built import loaded
from dindguard.documents.placeholders import Holes
from dindguard.documents.tokens import Token
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.model.values import How, Text
from dindguard.source import Segment, Source

ASSIGNED = "!assigned"
"""The tag of a value that a name was given, not of a call's arguments."""

DEFINED = "!defined"
"""The tag of the body of a function or class that the text defines."""


class Values(dict[str, Text]):
    """What names stand for, where the text gives them one string; a name that is given two values is unknown."""

    def __init__(self) -> None:
        super().__init__()
        self._several: set[str] = set()
        self._written: dict[str, Node] = {}

    def give(self, name: str, value: Node) -> None:
        """Note that the text assigns ``value`` to ``name``."""
        told = value.is_scalar and value.style != "expression" and name not in self and name not in self._several
        if told:
            self._written[name] = value
        if told and value.scope is None:
            self[name] = Text(value.content, value.span, How.VARIABLE, raw=value.content)
        elif told:
            self[name] = value.value  # what is known around its own expressions counts
        else:
            self.pop(name, None)
            self._written.pop(name, None)
            self._several.add(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return what a name stands for; ``env.NAME`` is what an environment block or ``env.NAME = …`` gives."""
        return super().get(name, default) or super().get(name.removeprefix("env."), default)

    def written(self, name: str) -> Node | None:
        """Return the string that gives a name its value, as it stands in the text."""
        return self._written.get(name) or self._written.get(name.removeprefix("env."))


class Nodes:
    """Makes the nodes of one text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.values = Values()

    def mapping(self, pairs: Pairs, start: int, end: int, key: Node | None) -> Node:
        """Return a mapping of ``pairs``."""
        return loaded(Node(Kind.MAPPING, self.source, start, end, key=key), pairs)

    def received(self, receiver: Node) -> tuple[Node, Node]:
        """Return the pair that holds what a chained call was made on."""
        return Node(Kind.SCALAR, self.source, receiver.start, receiver.start, content="receiver"), receiver

    def key(self, token: Token) -> Node:
        """Return a name as a key."""
        return Node(Kind.SCALAR, self.source, token.start, token.end, content=token.text)

    def path(self, words: Sequence[Token]) -> Node:
        """Return a path as a key, placed at its last name."""
        name = ".".join(word.text for word in words)
        return Node(Kind.SCALAR, self.source, words[-1].start, words[-1].end, content=name)

    def string(self, token: Token, key: Node | None) -> Node:
        """Return a string; what it interpolates is unknown unless the text gives it."""
        return Node(
            Kind.SCALAR, self.source, token.start, token.end, content=token.text, style=token.quote, key=key,
            scope=Holes(token.holes, self.values, self.values.written) if token.holes else None,
            mapping=lambda _: token.segments or (Segment(0, token.start + len(token.quote), 0),),
        )  # fmt: skip

    def expression(self, start: int, end: int, key: Node | None) -> Node:
        """Return ``[start, end)`` of the text as an expression."""
        text = self.source.text[start:end]
        return Node(
            Kind.SCALAR, self.source, start, end, content=text, style="expression", key=key,
            scope=Holes(((0, len(text), text),), self.values, self.values.written),
        )  # fmt: skip

    def added(self, parts: Sequence[Node], key: Node | None, start: int, end: int) -> Node:
        """Return ``'a' + b + "c"`` as one string with an expression in it."""
        content, segments, holes = "", [], []
        for part in parts:
            if isinstance(part.scope, Holes):
                holes += [(at + len(content), to + len(content), name) for at, to, name in part.scope.places]
            elif not part.is_scalar:
                text = self.source.text[part.start : part.end]
                holes.append((len(content), len(content) + len(text), text))
            own = part.document().segments if part.is_scalar else (Segment(0, part.start, part.end - part.start),)
            segments += [Segment(each.start + len(content), each.origin, each.length) for each in own]
            content += part.content if part.is_scalar else self.source.text[part.start : part.end]
        return Node(
            Kind.SCALAR, self.source, start, end, content=content, style="+", key=key,
            scope=Holes(holes, self.values, self.values.written) if holes else None, mapping=lambda _: tuple(segments),
        )  # fmt: skip


def all_below(top: Node) -> Iterator[Node]:
    """Yield a node and all below it, depth first. Unlike in YAML several of these may have one place, and none is shared."""
    waiting = [top]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.values() or node.items()))
