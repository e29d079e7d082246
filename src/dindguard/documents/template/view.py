"""The located tree of a template: what its text writes, under which conditions, with what the files decide filled in.

A document of the neutralised text is looked at through a :class:`View`. Nodes are made when somebody asks for them,
so that loops and named templates cost what is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard import budget
from dindguard.documents.routes import join_route, route_key
from dindguard.documents.template import alternatives, conditions, planting, scalars
from dindguard.documents.template.blocks import Block
from dindguard.documents.template.frames import Frame, Item, looped_over
from dindguard.documents.template.neutral import Graft
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.documents.yaml_nodes import bare
from dindguard.model.condition import Condition
from dindguard.source import Step


class Around:
    """What surrounds a node in a template.

    ``[begin, end)`` is the text that belongs to it, from behind its key to what follows it; ``floor`` the column of
    what holds it. ``block`` is the block whose conditions are in ``held`` already, and their steps in ``trail``.
    """

    __slots__ = ("_inside", "begin", "block", "end", "floor", "frame", "held", "key", "route", "trail")

    def __init__(self, frame: Frame, begin: int, end: int, block: Block) -> None:
        self.frame = frame
        self.begin = begin
        self.end = end
        self.block = block
        self.floor = -1
        self.held: tuple[Condition, ...] = ()
        self.trail: tuple[Step, ...] = ()
        self.route = ""
        self.key: Node | None = None
        self._inside: dict[Block, Around] | None = None

    def under(self, held: Sequence[Condition]) -> Around:
        """Return the same under further conditions."""
        made = self.copy()
        made.held = (*self.held, *held)
        made.trail = (*self.trail, *(each.step for each in held if each.holds is not True))
        return made

    def copy(self) -> Around:
        """Return the same, to be changed by who asked for it."""
        made = Around.__new__(Around)  # every pair and item has one of its own
        made.frame, made.begin, made.end, made.block = self.frame, self.begin, self.end, self.block
        made.floor, made.held, made.trail = self.floor, self.held, self.trail
        made.route, made.key, made._inside = self.route, self.key, None
        return made

    def at(self, begin: int, end: int, route: str, key: Node | None) -> Around:
        """Return the surroundings of a part: its text, its route, its key."""
        made = self.copy()
        made.begin, made.end, made.route, made.key = begin, end, route, key
        return made

    def inside(self, block: Block) -> Around:
        """Return the same under the conditions of a block further in; many entries of a collection stand in few blocks."""
        if block is self.block:
            return self
        if self._inside is None:
            self._inside = {}
        if (made := self._inside.get(block)) is None:
            made = self._inside[block] = self._within(block)
        return made

    def _within(self, block: Block) -> Around:
        found = conditions.between(block, self.block, self.frame)
        made = self.under(found) if found else self.copy()
        made.block = block
        return made

    def held_by(self, column: int) -> Around:
        """Return the same for what a collection at a column holds."""
        made = self.copy()
        made.floor = column
        return made

    def looped(self, loop: Block, item: Item) -> Around:
        """Return the same in one round of a loop."""
        made = self.copy()
        made.frame = self.frame.looped(loop, item)
        return made

    def called(self, frame: Frame, block: Block, step: Step) -> Around:
        """Return the surroundings of a named template's body, which is used at the place that ``step`` says."""
        made = self.copy()
        made.begin, made.end = frame.template.body(block)
        made.frame, made.block, made.floor, made.trail = frame, block, -1, (step, *self.trail)
        return made


class _Entry:
    """One pair, one item or one graft of a collection, and the text that belongs to it."""

    __slots__ = ("block", "end", "graft", "key", "start", "value")

    def __init__(
        self, start: int, end: int, block: Block, key: Node | None, value: Node | None, graft: Graft | None = None
    ) -> None:
        self.start = start
        self.end = end
        self.block = block
        self.key = key
        self.value = value
        self.graft = graft


class View:
    """Looks at documents of neutralised templates."""

    def document(self, raw: Node | None, around: Around) -> Node | None:
        """Return a document, or the body of a named template; ``None`` when nothing is written there.

        ``raw`` is ``None`` for a text that holds nothing but actions.
        """
        if raw is not None and not raw.is_null:
            raw.every_key = None  # actions write others
            return self.node(raw, around).foldable(raw)
        grafts = around.frame.template.grafts(around.begin, around.end)
        return self._planted(grafts, around) if grafts else None

    def node(self, raw: Node, around: Around) -> Node:
        """Return the node that stands for ``raw`` there."""
        if raw.kind is Kind.SCALAR:
            return self._scalar(raw, around)
        mapping = raw.kind is Kind.MAPPING

        def children(_: Node) -> Pairs | list[Node]:
            entries = self._entries(raw, around)
            within = around if raw.style == "flow" else around.held_by(planting.column(raw))
            return self._pairs(entries, within) if mapping else self._items(entries, within)

        trail = (*raw.trail, *around.trail) if raw.trail else around.trail
        made = bare(
            raw.kind, raw.source, raw.start, raw.end, around.route, raw.style, raw.tag, around.key, trail, around.held
        )  # fmt: skip
        made._children = children
        return made

    # -- scalars ------------------------------------------------------------------------------------

    def _scalar(self, raw: Node, around: Around) -> Node:
        if raw.is_null:
            grafts = [graft for graft in self._grafts(around) if graft.inline or graft.column >= around.floor]
            planted = self._planted(grafts, around) if grafts else None
            if planted is not None:
                return planted
        filled = scalars.filled(raw, around.frame, around.begin)
        place = planting.Place(raw.source, raw.start, raw.end, around.route, around.key, around.trail, around.held)
        if filled is None:
            return planting.plain(raw, place)
        planted = planting.planted(filled.structure, place) if filled.structure is not None else None
        if planted is not None:
            return planted
        return planting.with_text(raw, filled, place)

    def _grafts(self, around: Around) -> Sequence[Graft]:
        return around.frame.template.grafts(around.begin, around.end)

    # -- collections --------------------------------------------------------------------------------

    def _entries(self, raw: Node, around: Around) -> list[_Entry]:
        """Return what a collection holds, in the order of the text, its own grafts among it."""
        blocks = around.frame.template.blocks
        pairs: Sequence[tuple[Node | None, Node]]
        pairs = raw.pairs() if raw.kind is Kind.MAPPING else [(None, item) for item in raw.items()]
        starts = [key.start if key is not None else planting.item_start(value) for key, value in pairs]
        here = sorted(start for start in starts if around.begin <= start < around.end)
        follows = dict(zip(here, [*here[1:], around.end], strict=False))
        entries = [
            _Entry(start, follows.get(start, value.end), blocks.at(start), key, value)
            for start, (key, value) in zip(starts, pairs, strict=True)
        ]
        if raw.style == "flow":
            return entries
        column = planting.column(raw)
        own = [graft for graft in self._grafts(around) if self._owns(graft, column, here, raw, around)]
        found = [
            _Entry(each.action.start, each.action.end, blocks.at(each.action.start), None, None, each) for each in own
        ]
        return sorted([*entries, *found], key=lambda entry: entry.start) if found else entries

    def _owns(self, graft: Graft, column: int, starts: list[int], raw: Node, around: Around) -> bool:
        """Whether the lines of a graft belong to a collection itself, and not to what it holds or what holds it."""
        if graft.inline or graft.column > column:
            return not starts or graft.action.start < starts[0]
        if graft.column == column:
            return raw.kind is Kind.SEQUENCE or not planting.prints_items(graft, around.frame)
        return graft.column > around.floor

    def _pairs(self, entries: list[_Entry], around: Around) -> Pairs:
        found: Pairs = []
        for entry, inner in self._rounds(entries, around):
            found += self._pair(entry, inner)
        return alternatives.combined(found)

    def _pair(self, entry: _Entry, around: Around) -> Pairs:
        if entry.graft is not None:
            node = None if _ruled_out(entry, around.inside(entry.block), around) else self._one(entry.graft, around)
            return node.pairs() if node is not None else []
        raw_key, raw_value = entry.key, entry.value
        assert raw_key is not None
        assert raw_value is not None
        inner = around.inside(entry.block)
        if _ruled_out(entry, inner, around):
            return []
        name = scalars.key_text(raw_key, inner.frame)
        route = join_route(inner.route, route_key(name))
        trail = (*raw_key.trail, *inner.trail) if raw_key.trail else inner.trail
        key = bare(
            Kind.SCALAR, raw_key.source, raw_key.start, raw_key.end, route, raw_key.style, "", None, trail, inner.held
        )  # fmt: skip
        key.content = name
        below = inner.at(raw_key.end, entry.end, route, key)
        return [(key, self.node(raw_value, below))]

    def _items(self, entries: list[_Entry], around: Around) -> list[Node]:
        found: list[Node] = []
        for entry, inner in self._rounds(entries, around):
            found += self._item(entry, inner.at(inner.begin, inner.end, inner.route, None), len(found))
        return found

    def _item(self, entry: _Entry, around: Around, index: int) -> list[Node]:
        if entry.graft is not None:
            node = None if _ruled_out(entry, around.inside(entry.block), around) else self._one(entry.graft, around)
            if node is None or node.kind is Kind.MAPPING:
                return []
            items = node.items() if node.kind is Kind.SEQUENCE else [node]
            return [item.moved(f"{around.route}[{index + count}]") for count, item in enumerate(items)]
        assert entry.value is not None
        inner = around.inside(entry.block)
        if _ruled_out(entry, inner, around):
            return []
        below = inner.at(entry.start, entry.end, f"{around.route}[{index}]", None)
        return [self.node(entry.value, below)]

    def _rounds(self, entries: list[_Entry], around: Around) -> Iterator[tuple[_Entry, Around]]:
        """Yield the entries with their surroundings; those in a loop once for each item that the files give it."""
        at = 0
        while at < len(entries):
            loop = self._outermost_loop(entries[at].block, around)
            last = at + 1
            if loop is None:
                yield entries[at], around
            else:
                while last < len(entries) and loop.holds(entries[last].start):
                    last += 1
                for inner in self._looped(loop, around):
                    yield from self._rounds(entries[at:last], inner)
            at = last

    def _outermost_loop(self, block: Block, around: Around) -> Block | None:
        """Return the loop around an entry that is gone through first; rounds of too many would be multiplied."""
        if block.loop is None or block is around.block:
            return None
        found = None
        for count, loop in enumerate(block.loops_below(around.block), 1):
            if not budget.within(budget.TEMPLATE_LOOPS, count, around.frame.template.place(loop.start)):
                break
            found = loop
        return found

    def _looped(self, loop: Block, around: Around) -> Iterator[Around]:
        """Yield the surroundings inside a loop: one for each round, or one of a round that nobody knows."""
        items = looped_over(loop, around.frame)
        outside = around.inside(loop)
        if not items or not budget.within(budget.TEMPLATE_ROUNDS, len(items), around.frame.template.source.whole()):
            yield outside
            return
        for item in items:
            yield outside.looped(loop, item)

    # -- grafts -------------------------------------------------------------------------------------

    def _planted(self, grafts: Sequence[Graft], around: Around) -> Node | None:
        """Return what grafts write where a value should stand, all of them together."""
        nodes = [node for graft in grafts if (node := self._one(graft, around)) is not None]
        collections = [node for node in nodes if node.kind in (Kind.MAPPING, Kind.SEQUENCE)]
        if not collections:
            return nodes[0] if nodes else None
        first = collections[0]
        alike = [node for node in collections if node.kind is first.kind]
        if len(alike) == 1:
            return first
        if first.kind is Kind.MAPPING:
            return first.with_pairs(alternatives.combined([pair for node in alike for pair in node.pairs()]))
        items = [item for node in alike for item in node.items()]
        return first.with_items([item.moved(f"{around.route}[{index}]") for index, item in enumerate(items)])

    def _one(self, graft: Graft, around: Around) -> Node | None:
        """Return what one graft writes, under the conditions of its own place."""
        action, template = graft.action, around.frame.template
        inner = around.inside(template.blocks.at(action.start))
        used = planting.called(action.expression, inner.frame, action.start, inner.block)
        place = planting.Place(
            template.source, action.start, action.end, inner.route, inner.key, inner.trail, inner.held
        )  # fmt: skip
        if used is None:
            return planting.grafted(action.expression, inner.frame, inner.block, place)
        defined, frame = used
        raw = next(iter(defined[0].documents(defined[1])), None)
        step = Step("used here", template.source.span(action.start, action.end, inner.route))
        below = inner.called(frame, defined[1], step)
        return self.document(raw, below)


def _ruled_out(entry: _Entry, inner: Around, outer: Around) -> bool:
    """Whether a loop's round has nothing of an entry."""
    if not inner.frame.items or inner.held is outer.held:
        return False
    return conditions.rules_out_round(inner.held[len(outer.held) :], entry.block, outer.block, inner.frame)
