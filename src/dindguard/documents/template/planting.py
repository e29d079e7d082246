"""Nodes for what a template's actions write: parts of a values file, structures that functions make, named templates."""

from __future__ import annotations

from collections.abc import Callable

from dindguard.documents.routes import join_route, route_key
from dindguard.documents.template import go_expressions
from dindguard.documents.template.actions import Dialect, normal
from dindguard.documents.template.answers import Answer, Known, Unknown, of_node, text_of
from dindguard.documents.template.blocks import Block
from dindguard.documents.template.frames import HANDS_ON, Defined, Frame
from dindguard.documents.template.neutral import Graft
from dindguard.documents.template.scalars import Filled, is_name
from dindguard.documents.template.terms import Call, Literal, Term
from dindguard.documents.tree import Children, Kind, Node, Pairs
from dindguard.documents.yaml_nodes import bare
from dindguard.model.condition import Condition
from dindguard.model.values import How, Text
from dindguard.source import Segment, Source, Span, Step

_WRAPPERS = frozenset({"nindent", "indent", "trim", "tpl", "quote", "trimSuffix", "trimPrefix"})


class Place:
    """Where something is planted: the action's characters, and all that it has from what holds it."""

    __slots__ = ("end", "held", "key", "route", "source", "start", "trail")

    def __init__(
        self, source: Source, start: int, end: int, route: str, key: Node | None, trail: tuple[Step, ...],
        held: tuple[Condition, ...],
    ) -> None:  # fmt: skip
        self.source = source
        self.start = start
        self.end = end
        self.route = route
        self.key = key
        self.trail = trail
        self.held = held

    @property
    def span(self) -> Span:
        """The action's characters."""
        return self.source.span(self.start, self.end, self.route)

    def below(self, step: str, key: Node | None = None) -> Place:
        """Return the place of a part."""
        route = join_route(self.route, step)
        return Place(self.source, self.start, self.end, route, key, self.trail, self.held)

    def on(self, start: int, end: int) -> Place:
        """Return the place of what was brought here from ``[start, end)`` of another text."""
        source = self.source if isinstance(self.source, _Brought) else _Brought(self.source, self.start, self.end)
        return Place(source, start, end, self.route, self.key, self.trail, self.held)

    def node(
        self, kind: Kind, *, content: str = "", style: str = "", tag: str = "", trail: tuple[Step, ...] = (),
        filled: Text | None = None, children: Children | None = None, inner: Callable[[str], Source] | None = None,
        mapping: Callable[[Node], tuple[Segment, ...]] | None = None,
    ) -> Node:  # fmt: skip
        """Return a node at this place."""
        trail = (*self.trail, *trail) if trail else self.trail
        made = bare(kind, self.source, self.start, self.end, self.route, style, tag, self.key, trail, self.held)
        made.content, made.filled, made.inner, made.mapping, made._children = (
            content,
            filled,
            inner,
            mapping,
            children,
        )
        return made


class _Brought(Source):
    """Stands for a text that an action brings in: each place in it is the action's, and yet they can be told apart."""

    __slots__ = ("_end", "_start", "count")

    def __init__(self, template: Source, start: int, end: int) -> None:
        super().__init__(template.path, "", parent=template)
        self._start = start
        self._end = end
        self.count = 0
        """How many parts were made that no file holds."""

    def origin(self, offset: int) -> int:
        """Return where the action begins."""
        del offset
        return self._start

    def span(self, start: int, end: int, route: str = "", trail: tuple[Step, ...] = ()) -> Span:
        """Return the action's characters."""
        del start, end
        parent = self.parent
        assert parent is not None
        return parent.span(self._start, self._end, route, trail)


def plain(raw: Node, place: Place) -> Node:
    """Return a scalar without actions at its place."""
    trail = (*place.trail, *raw.trail) if raw.trail else place.trail
    made = bare(
        Kind.SCALAR, place.source, place.start, place.end, place.route, raw.style, raw.tag, place.key, trail, place.held
    )  # fmt: skip
    made.content, made.mapping = raw.content, raw.mapping
    return made


def with_text(raw: Node, filled: Filled, place: Place) -> Node:
    """Return a scalar with actions: a name is what is written, all else what is known of it."""
    shown, text = filled.shown, filled.text
    known = text.value is not None and not is_name(place.key)
    content = text.value if known and text.value is not None else shown
    if is_name(place.key) and text.value is not None and "{{" not in shown:
        content = text.value
    return place.node(
        Kind.SCALAR, content=content, style=raw.style or "filled", tag=raw.tag, filled=text, trail=raw.trail,
        inner=filled.inner, mapping=_nowhere,
    )  # fmt: skip


def _nowhere(node: Node) -> tuple[Segment, ...]:
    return (Segment(0, node.start, 0),)


def grafted(expression: str, frame: Frame, block: Block, place: Place) -> Node | None:
    """Return what an action writes where whole lines belong; ``None`` when the files' own values make it nothing."""
    answer = frame.answer(expression, place.start, block)
    frame.library.used(answer)
    if isinstance(answer, Known) and answer.value is None and not answer.steps:
        answer = Unknown(normal(expression))
    if isinstance(answer, Unknown) and any(each.holds is False for each in place.held):
        return None
    return planted(answer, place)


def planted(answer: Answer, place: Place) -> Node | None:
    """Return the node that an answer is at a place; ``None`` for nothing."""
    if isinstance(answer, Unknown):
        text = Text(None, place.span, How.UNKNOWN, answer.partial, answer.name, f"{{{{ {answer.name} }}}}")
        return place.node(Kind.SCALAR, content=text.raw, style="filled", filled=text)
    value = answer.value
    if value is None:
        return None
    if isinstance(value, Node):
        return _from_file(value, place)
    if isinstance(value, dict):
        place = _counted(place)
        return place.node(Kind.MAPPING, style="block", children=_pairs_of(value, place))
    if isinstance(value, list):
        place = _counted(place)
        return place.node(Kind.SEQUENCE, style="block", children=_items_of(value, place))
    word = text_of(answer)
    if word is None:
        return None
    text = Text(word, place.span.explained(answer.steps), How.DEFAULT, raw=word)
    return place.node(
        Kind.SCALAR, content=word, style="" if isinstance(value, (bool, int, float)) else "filled", filled=text,
        trail=answer.steps, mapping=_nowhere,
    )  # fmt: skip


def _counted(place: Place) -> Place:
    """Return a place of its own for a structure that a function makes."""
    made = place.on(0, 0)
    source = made.source
    assert isinstance(source, _Brought)
    source.count += 1
    return made.on(-source.count, -source.count)


def _pairs_of(value: dict[str, Answer], place: Place) -> Callable[[Node], Pairs]:
    def pairs(_: Node) -> Pairs:
        found: Pairs = []
        for name, answer in value.items():
            key = place.below(route_key(name)).node(Kind.SCALAR, content=name)
            node = planted(answer, place.below(route_key(name), key))
            if node is not None:
                found.append((key, node))
        return found

    return pairs


def _items_of(value: list[Answer], place: Place) -> Callable[[Node], list[Node]]:
    def items(_: Node) -> list[Node]:
        found = [planted(answer, place.below(f"[{index}]")) for index, answer in enumerate(value)]
        return [node for node in found if node is not None]

    return items


def _from_file(node: Node, place: Place) -> Node:
    """Return a part of a values file where a template writes it: at the action, explained by its place in the file."""
    steps = of_node(node).steps
    place = place.on(node.start, node.end)

    def children(_: Node) -> Pairs | list[Node]:
        if node.kind is Kind.MAPPING:
            found: Pairs = []
            for key, value in node.pairs():
                below = place.below(route_key(key.content))
                below.key = own = below.node(Kind.SCALAR, content=key.content, style=key.style)
                found.append((own, _from_file(value, below)))
            return found
        return [_from_file(item, place.below(f"[{index}]")) for index, item in enumerate(node.items())]

    if node.kind is not Kind.SCALAR:
        return place.node(node.kind, style=node.style, children=children, trail=steps)
    if node.filled is not None:
        return place.node(Kind.SCALAR, content=node.content, style=node.style, filled=node.filled, trail=steps)
    text = Text(node.content, steps[0].span, How.DEFAULT, raw=node.content)
    return place.node(
        Kind.SCALAR, content=node.content, style=node.style, tag=node.tag, filled=None if node.is_null else text,
        trail=steps, mapping=_nowhere,
    )  # fmt: skip


# -- what a graft calls -----------------------------------------------------------------------------


def called(expression: str, frame: Frame, offset: int, block: Block) -> tuple[Defined, Frame] | None:
    """Return the named template that an action writes and the frame it is read in; ``None`` for anything else."""
    if frame.template.dialect is not Dialect.GO or not frame.follows(offset):
        return None
    term = go_expressions.parse(expression)
    while isinstance(term, Call) and term.name in _WRAPPERS and term.arguments:
        term = term.arguments[0 if term.name == "tpl" else -1]
    if not isinstance(term, Call) or term.name not in ("include", "template") or not term.arguments:
        return None
    name = _literal(term.arguments[0])
    defined = frame.library.find(name) if name is not None and name not in HANDS_ON else None
    if defined is None or not frame.library.grafts(defined):
        return None
    dot = frame.value(term.arguments[1], offset, block) if len(term.arguments) > 1 else Known(None)
    return None if frame.goes_round(defined, dot) else (defined, frame.called(defined, dot))


def _literal(term: Term) -> str | None:
    return term.value if isinstance(term, Literal) and isinstance(term.value, str) else None


def prints_items(graft: Graft, frame: Frame) -> bool:
    """Whether the lines of a graft are items of a list and no keys."""
    action = graft.action
    block = frame.template.blocks.at(action.start)
    used = called(action.expression, frame, action.start, block)
    if used is not None:
        raw = next(iter(used[0][0].documents(used[0][1])), None)
        if raw is not None:
            return raw.kind is Kind.SEQUENCE
    answer = frame.answer(action.expression, action.start, block)
    value = answer.value if isinstance(answer, Known) else None
    return isinstance(value, list) or (isinstance(value, Node) and value.kind is Kind.SEQUENCE)


# -- columns ----------------------------------------------------------------------------------------


def column(node: Node) -> int:
    """Return the 0-based column at which a collection begins."""
    return node.start - node.source.text.rfind("\n", 0, node.start) - 1


def item_start(item: Node) -> int:
    """Return where an item of a block sequence begins: at its dash, on the same line."""
    text = item.source.text
    dash = text.rfind("-", max(item.start - 16, 0), item.start)
    return dash if dash >= 0 and not text[dash + 1 : item.start].strip() else item.start
