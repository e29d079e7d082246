"""The located tree that YAML, JSON and TOML are read into."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dindguard import budget
from dindguard.compact import shared
from dindguard.documents.kinds import Kind, Scope, indifferent
from dindguard.documents.routes import route_key
from dindguard.model.condition import Condition
from dindguard.model.values import UNKNOWN_PIECE, Flag, Text, flag, unset
from dindguard.patterns import integer
from dindguard.source import Segment, Source, Span, Step

Pairs = list[tuple["Node", "Node"]]
Children = Callable[["Node"], "Pairs | list[Node]"]


class Node:
    """One place of a document, or a *hole* where something could stand and does not.

    ``node["key"]`` and ``node[0]`` always give a node, so readers need no ladders of tests; a hole's span is that of the
    nearest thing above it. Scalars keep what was typed, which :attr:`value`, :attr:`flag` and :attr:`integer` interpret.
    Children are made when they are asked for: shared and cyclic YAML costs what is looked at.

    In a template, ``filled`` is what its values make of a scalar (of a hole: what may stand there and nobody knows), ``inner``
    gives the text of one that is a document, ``conditions`` are the branches in which a node stands; ``answer`` is what one takes
    a place of its values for. Until a document is recognised, ``every_key`` of its root are the keys anywhere in it, where told.
    """

    __slots__ = (
        "_children", "_folds", "_key_index", "_loaded", "answer", "conditions", "content", "end", "every_key", "filled", "inner",
        "key", "kind", "mapping", "route", "scope", "source", "start", "style", "tag", "trail",
    )  # fmt: skip

    def __init__(
        self,
        kind: Kind,
        source: Source,
        start: int,
        end: int,
        *,
        route: str = "",
        content: str = "",
        style: str = "",
        tag: str = "",
        key: Node | None = None,
        trail: tuple[Step, ...] = (),
        children: Children | None = None,
        scope: Scope | None = None,
        mapping: Callable[[Node], tuple[Segment, ...]] | None = None,
        filled: Text | None = None,
        inner: Callable[[str], Source] | None = None,
        conditions: tuple[Condition, ...] = (),
    ) -> None:
        self.kind = kind
        self.source = source
        self.start = start
        self.end = end
        self.route = route
        self.content = content
        self.style = style
        self.tag = tag
        self.key = key
        self.trail = trail
        self.scope = scope
        self.mapping = mapping
        self.filled, self.inner = filled, inner
        self.conditions = conditions
        self._children = children
        self._folds: Callable[[], None] | None = None
        self._loaded: Pairs | list[Node] | None = None
        self._key_index: dict[str, Node] | None = None
        self.every_key: set[str] | None = None
        self.answer: Any = None

    @property
    def present(self) -> bool:
        """Whether anything is written here."""
        return self.kind is not Kind.HOLE

    @property
    def is_mapping(self) -> bool:
        """Whether it is a mapping."""
        return self.kind is Kind.MAPPING

    @property
    def is_sequence(self) -> bool:
        """Whether it is a sequence."""
        return self.kind is Kind.SEQUENCE

    @property
    def is_scalar(self) -> bool:
        """Whether it is a scalar; null is one."""
        return self.kind is Kind.SCALAR

    @property
    def is_null(self) -> bool:
        """Whether it is a plain null: nothing, ``~`` or ``null``."""
        return self.kind is Kind.SCALAR and self.style == "" and self.content in ("", "~", "null", "Null", "NULL")

    @property
    def span(self) -> Span:
        """Where it is written; of a mapping or a sequence, its first line's part."""
        return self.source.span(self.start, self.end, self.route, self.trail)

    @property
    def key_span(self) -> Span:
        """Where its key is written; its own place where it has none."""
        key = self.key or self
        return key.source.span(key.start, key.end, self.route, self.trail)

    @property
    def name(self) -> str:
        """The text of its key, or ``""``."""
        return self.key.content if self.key is not None else ""

    def _load(self) -> Pairs | list[Node]:
        if self._loaded is None:
            self._loaded = self._children(self) if self._children is not None else []
            if self._folds is None:
                self._children = None  # what it was made from is needed no more
        return self._loaded

    def foldable(self, made_of: Node | None = None) -> Node:
        """Keep what this node is made from, so that it can be folded, together with ``made_of`` if that can; return it."""
        self._folds = (lambda: None) if made_of is None else made_of._folds and made_of.fold
        return self

    def fold(self) -> None:
        """Let go of all nodes below a document's root until somebody asks for them: a reader is done with it for now."""
        if self._folds is not None and self._children is not None:
            self._loaded = self._key_index = None
            self._folds()

    def pairs(self) -> Pairs:
        """Return ``(key, value)`` nodes of a mapping, merge keys resolved, in order; ``[]`` of anything else."""
        return self._load() if self.kind is Kind.MAPPING else []  # type: ignore[return-value]  # the kind tells

    def items(self) -> list[Node]:
        """Return the items of a sequence; ``[]`` of anything else."""
        return self._load() if self.kind is Kind.SEQUENCE else []  # type: ignore[return-value]  # the kind tells

    def values(self) -> list[Node]:
        """Return the values of a mapping."""
        return [value for _, value in self.pairs()]

    def keys(self) -> list[str]:
        """Return the keys of a mapping as typed."""
        return [key.content for key, _ in self.pairs()]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items())

    def __contains__(self, key: str) -> bool:
        return (found := self._index().get(key)) is not None and found.present

    def has_any(self, keys: Iterable[str]) -> bool:
        """Whether a mapping has one of some keys."""
        return not self._index().keys().isdisjoint(keys) and any(key in self for key in keys)

    def __getitem__(self, step: str | int) -> Node:
        if isinstance(step, int):
            items = self.items()
            return items[step] if 0 <= step < len(items) else self.hole(step)
        index = self._index() if self._key_index is None else self._key_index
        return index.get(step) or (self if self.kind is Kind.HOLE else self.hole(step))

    def _index(self) -> dict[str, Node]:
        if self._key_index is None:  # the last of two equal keys wins, as in every consumer that accepts them
            self._key_index = {key.content: value for key, value in self.pairs()}
        return self._key_index

    def at(self, *steps: str | int) -> Node:
        """Return the node at the end of a way: ``at("spec", "containers", 0)``."""
        node = self
        for step in steps:
            node = node[step]
        return node

    def hole(self, step: str | int) -> Node:
        """Return the hole at ``step`` below this node. What is below a hole is the hole itself."""
        if self.kind is Kind.HOLE:
            return self
        made = _Hole.__new__(_Hole)  # most of what is looked up is not there: initialisers are four times as dear
        made.kind, made._key_index, made._above, made._step = Kind.HOLE, _NONE, self, step
        return made

    def listed(self) -> list[Node]:
        """Return the items of a sequence, or the node itself where one value stands for a list of one."""
        if self.kind is Kind.SEQUENCE:
            return self.items()
        return [] if self.kind is Kind.HOLE or self.is_null else [self]

    @property
    def typed(self) -> Text:
        """The scalar as typed, no variable replaced. Of anything but a scalar: an empty text."""
        if (filled := self.filled) is None:
            return Text(content := shared(self.content), self.span, raw=content)
        span = self.span.explained(filled.span.trail)
        return Text(filled.value, span, filled.how, filled.partial, filled.variable, filled.raw)

    @property
    def value(self) -> Text:
        """The scalar with its variables replaced as the document's dialect has it."""
        return self.typed if self.scope is None else self.scope.resolve(self.typed)

    @property
    def text(self) -> str:
        """The known value of a scalar, or ``""``; for names and other things that no variable should hold."""
        plain = self.filled is None and (self.scope is None or not self.content)
        return self.content if plain else self.value.value or ""

    def flag(self, name: str = "") -> Flag:
        """Return the scalar as a flag; a hole or a null is off, because nobody wrote it."""
        if (self.filled is None or not self.filled.unknown) and (self.kind is not Kind.SCALAR or self.is_null):
            return unset(self.span, name)
        return flag(self.value, name)

    @property
    def integer(self) -> int | None:
        """The scalar as a decimal number, or ``None``."""
        return integer((self.value.value or "").strip(), digits=18) if self.kind is Kind.SCALAR else None

    def document(self, hint: str = "") -> Source:
        """Return a scalar's text as an embedded document; each character keeps its place in the file."""
        if self.inner is not None:
            return self.inner(hint)
        mapped = self.mapping(self) if self.mapping else (Segment(0, self.start, len(self.content)),)
        return Source(self.source.path, self.content, hint=hint, parent=self.source, segments=mapped)

    def scoped(self, scope: Scope | None) -> Node:
        """Return this node, and all below it, under another interpolation scope."""
        return self._copy(scope=scope)

    def explained(self, *steps: Step) -> Node:
        """Return this node, and all below it, with steps added to the trail of its spans."""
        budget.within(budget.STEPS_SHOWN, len(self.trail) + len(steps), self)
        return self._copy(trail=(*self.trail, *steps)[: budget.STEPS_SHOWN.most])

    def moved(self, route: str) -> Node:
        """Return this node, and all below it, under another route."""
        return self._copy(route=route)

    def _copy(
        self, *, route: str | None = None, scope: Scope | None = None, trail: tuple[Step, ...] | None = None,
        key: Node | None = None,
    ) -> Node:  # fmt: skip
        made = Node.__new__(Node)  # as holes are: thousands of services that others extend are copies
        made.kind, made.source, made.start, made.end = self.kind, self.source, self.start, self.end
        made.content, made.style, made.tag, made.key = self.content, self.style, self.tag, key or self.key
        made.route = self.route if route is None else route
        made.trail = self.trail if trail is None else trail
        made.mapping, made.filled, made.inner, made.scope = self.mapping, self.filled, self.inner, scope or self.scope
        made.conditions, made.every_key, made.answer = self.conditions, None, None
        made._children = made._folds = made._loaded = made._key_index = None
        if self.kind is Kind.MAPPING or self.kind is Kind.SEQUENCE:
            made._children = lambda copy: self._copies(copy, scope)
            made.foldable(self)
        return made

    def _copies(self, copy: Node, scope: Scope | None) -> Pairs | list[Node]:
        """Return copies of what is below this node for a copy of it, which may have another route and a longer trail."""
        route, trail, most = self.route, self.trail, budget.STEPS_SHOWN.most
        own = scope if copy.route is route and copy.trail == trail else None

        def below(node: Node, key: Node | None = None) -> Node:
            if own is not None and indifferent(node, own):
                return node
            moved = None if copy.route is route else copy.route + node.route[len(route) :]
            longer = copy.trail if node.trail is trail else (*node.trail, *copy.trail[len(trail) :])[:most]
            return node._copy(route=moved, scope=scope, trail=longer, key=key)

        if self.kind is Kind.SEQUENCE:
            return [below(item) for item in self.items()]
        return [(copied := below(key), below(value, copied)) for key, value in self.pairs()]

    def with_pairs(self, pairs: Sequence[tuple[Node, Node]]) -> Node:
        """Return a mapping at this place that holds ``pairs``: the result of a merge."""
        return self._bare(Kind.MAPPING, list(pairs))

    def with_items(self, items: Sequence[Node]) -> Node:
        """Return a sequence at this place that holds ``items``."""
        return self._bare(Kind.SEQUENCE, list(items))

    def _bare(self, kind: Kind, loaded: Pairs | list[Node]) -> Node:
        node = Node(kind, self.source, self.start, self.end, route=self.route, style=self.style, key=self.key)
        node.trail, node.scope, node.conditions, node._loaded = self.trail, self.scope, self.conditions, loaded
        return node

    def walk(self, *, again: bool = True) -> Iterator[Node]:
        """Yield this node and all below it, depth first; a shared part once on its way, or once at all if not ``again``."""
        from dindguard.documents.walking import walk

        return walk(self, again=again)

    def __repr__(self) -> str:
        return f"Node({self.kind}, {self.span}, {self.route or '.'})"


class _Hole(Node):
    """A hole that knows what it is in; all else is found when somebody asks for any of it, which few do."""

    __slots__ = ("_above", "_step")
    _above: Node
    _step: str | int

    def __getattr__(self, name: str) -> Any:
        if name not in Node.__slots__:
            raise AttributeError(name)
        above, step = self._above, self._step
        self.route = above.route + (f"[{step}]" if isinstance(step, int) else route_key(step))
        self.source, self.start, self.end = above.source, above.start, above.end
        self.key, self.trail, self.scope, self.conditions = above.key, above.trail, above.scope, above.conditions
        self.content = self.style = self.tag = ""
        self.every_key = self.answer = self.mapping = self.inner = self._children = self._folds = self._loaded = None
        self.filled = above.filled if above.filled is not None and above.filled.pattern == UNKNOWN_PIECE else None
        return getattr(self, name)

    @property
    def text(self) -> str:
        """Nothing, unless a template's values decide what is around it."""
        return "" if self._above.filled is None else super().text


_NONE: dict[str, Node] = {}

__all__ = ["Children", "Kind", "Node", "Pairs", "Scope"]
