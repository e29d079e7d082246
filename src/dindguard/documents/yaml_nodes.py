"""From the nodes that PyYAML composes to those of a located tree, which are made when somebody asks for them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from dindguard import budget, memory
from dindguard.compact import shared
from dindguard.documents.kinds import MERGE, Unread
from dindguard.documents.routes import join_route, route_key
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.patterns import regex
from dindguard.source import Segment, Source, Step

if TYPE_CHECKING:
    from dindguard.model.condition import Condition

YamlNode: TypeAlias = Any

_ALIAS = regex(r"\*[^\s,\[\]{}]+")
_MERGE_KEY = "<<"
_STYLES = {None: "", "": "", "'": "single", '"': "double", "|": "literal", ">": "folded"}
_KINDS = {"mapping": Kind.MAPPING, "sequence": Kind.SEQUENCE, "scalar": Kind.SCALAR}


_SPECIAL = "{}[],:#\"'&*|>%@`"
_HIDE = str.maketrans({char: chr(0x10400 + number) for number, char in enumerate(_SPECIAL)})
_SHOW = str.maketrans({chr(0x10400 + number): char for number, char in enumerate(_SPECIAL)})


def hidden(text: str) -> str:
    """Return characters that mean nothing in YAML for those of ``text`` that do: a tree shows them as they were."""
    return text.translate(_HIDE)


def bare(
    kind: Kind, source: Source, start: int, end: int, route: str, style: str, tag: str, key: Node | None,
    trail: tuple[Step, ...], held: tuple[Condition, ...] = (),
) -> Node:  # fmt: skip
    """Return a node with nothing in it, in half the time that its initialiser takes: most nodes that there are begin here.

    ``held`` are the conditions under which it stands.
    """
    made = Node.__new__(Node)
    made.kind, made.source, made.start, made.end = kind, source, start, end
    made.route, made.style, made.tag, made.key, made.trail, made.conditions = route, style, tag, key, trail, held
    made.scope = made.filled = made.inner = made.every_key = made.answer = made.mapping = None
    made._children = made._folds = made._loaded = made._key_index = None
    made.content = ""
    return made


class Maker:
    """Makes the nodes of one text's documents.

    Every node knows it, and it knows none of them: what is read goes with its last user, without the cycle collector.
    ``text`` is what was composed: that of ``source`` from ``base`` on, perhaps with other characters; it ``hides`` some
    where :func:`hidden` wrote others.
    """

    def __init__(self, source: Source, text: str, base: int, *, hides: bool) -> None:
        self.source = source
        self.text = text
        self.base = base
        self.hides = hides
        self.bare_braces = False
        """Whether two braces begin a value outside of quotes."""
        self._merged = 0
        self._merging = 0

    @property
    def merged_much(self) -> bool:
        """Whether much was merged, which would be done again."""
        return self._merged > budget.MERGED_KEYS.most // 10

    def document(self, root: YamlNode) -> Node:
        """Return the root of a document that PyYAML composed; it can be folded.

        What is made of one that merges anything is kept: what is merged counts, so that it is made once.
        """
        braces, keys, aliased = _lighten(root, self.base, self.text)
        if aliased:
            from dindguard.documents.yaml_aliases import bound

            bound(root)
        self.bare_braces |= braces
        node = self._node(root, route="", key=None, trail=())
        node.every_key = keys
        return node if _MERGE_KEY in keys or memory.kept() else node.foldable()

    def _node(self, raw: YamlNode, route: str, key: Node | None, trail: tuple[Step, ...]) -> Node:
        kind, start = _KINDS[raw.id], raw.start_mark
        tag = raw.tag if raw.tag and raw.tag.startswith("!") else ""
        if kind is Kind.SCALAR:
            end = raw.end_mark
            while start == end and start > self.base and self.text[start - self.base - 1] in " \t":
                start = end = start - 1  # nothing is written: the loaders differ, so it stands behind what is
            made = bare(kind, self.source, start, end, route, _STYLES[raw.style], tag, key, trail)
            made.content = raw.value.translate(_SHOW) if self.hides else raw.value
            made.mapping = self
            return made
        style = "flow" if raw.flow_style else "block"
        made = bare(kind, self.source, start, self._end(raw), route, style, tag, key, trail)
        load = self._pairs if kind is Kind.MAPPING else self._items
        made._children = lambda node: load(raw, node)
        return made

    def _end(self, raw: YamlNode) -> int:
        """Return where a node really ends: the end mark of a block collection lies after what follows it."""
        on_the_way: dict[int, YamlNode] = {}
        node = raw
        while (end := getattr(node, "end", None)) is None:
            if node.id == "scalar" or node.flow_style or not node.value:
                end = node.end_mark
                break
            if id(node) in on_the_way:  # it holds itself
                on_the_way, end = {id(raw): raw}, node.end_mark
                break
            on_the_way[id(node)] = node
            last = node.value[-1]
            key, value = last if node.id == "mapping" else (None, last)
            aliased = key is not None and value.start_mark < key.end_mark
            node = key if aliased else value
        for each in on_the_way.values():
            each.end = end
        return int(end)

    def _pairs(self, raw: YamlNode, parent: Node) -> Pairs:
        own: Pairs = []
        merged: Pairs = []
        above, trail = parent.route, parent.trail
        for raw_key, raw_value in _read(raw, parent):
            if raw_key.tag == MERGE:
                merged.extend(self._merge(raw_key, raw_value, parent))
                continue
            name = raw_key.value if raw_key.id == "scalar" else "?"
            step = route_key(name)
            route = above + step if above else join_route("", step)
            key = self._node(raw_key, route, None, trail)
            if key.kind is not Kind.SCALAR:
                key.content = name
            if raw_value.start_mark < raw_key.end_mark:
                span = self.source.span(raw_key.start_mark, raw_key.end_mark, route)
                own.append((key, self._node(raw_value, route, key, (*trail, Step("used here", span)))))
            else:
                own.append((key, self._node(raw_value, route, key, trail)))
        if not merged:
            return own
        names = {key.content for key, _ in own}
        kept: Pairs = []
        for key, value in merged:
            if key.content not in names:
                names.add(key.content)
                kept.append((key, value))
        return kept + own

    def _merge(self, raw_key: YamlNode, raw_value: YamlNode, parent: Node) -> Pairs:
        span = self.source.span(raw_key.start_mark, raw_key.end_mark, parent.route)
        step = Step("merged here", span)
        pairs: Pairs = []
        targets = _read(raw_value, parent) if raw_value.id == "sequence" else [raw_value]
        for target in targets:
            if target.id != "mapping" or self._merged > budget.MERGED_KEYS.most:
                continue
            if target.start_mark <= parent.start and self._end(target) >= parent.end and target.value:
                continue  # an anchor merged into itself
            if not budget.within(budget.MERGE_LEVELS, self._merging + 1, span):
                break
            below = self._node(target, parent.route, parent.key, (*parent.trail, step))
            self._merging += 1
            found = below.pairs()
            self._merging -= 1
            self._merged += len(found)
            if not budget.within(budget.MERGED_KEYS, self._merged, span):
                break
            pairs.extend(found)
        return pairs

    @cached_property
    def _shown(self) -> str:
        """The text that was composed, with the characters that it hides."""
        return self.text.translate(_SHOW) if self.hides else self.text

    def __call__(self, node: Node) -> tuple[Segment, ...]:
        """Return where the characters of a scalar stand: its node keeps its maker for this, so that none needs a method."""
        from dindguard.documents.yaml_scalars import segments

        base = self.base
        found = segments(self._shown, node.start - base, node.end - base, node.style, node.content)
        return tuple(Segment(each.start, each.origin + base, each.length) for each in found) if base else found

    def _items(self, raw: YamlNode, parent: Node) -> list[Node]:
        items = []
        reached = raw.start_mark
        for index, child in enumerate(_read(raw, parent)):
            trail = parent.trail
            if child.start_mark < reached:
                match = _ALIAS.search(self.text, reached - self.base)
                if match:
                    first, reached = match.start() + self.base, match.end() + self.base
                    span = self.source.span(first, reached, f"{parent.route}[{index}]")
                    trail = (*trail, Step("used here", span))
            else:
                reached = max(reached, self._end(child))
            items.append(self._node(child, f"{parent.route}[{index}]", None, trail))
        return items


def _read(raw: YamlNode, at: Node) -> list[Any]:
    """Return what is in a collection; of one that an alias repeats once too often nothing, and that is noted."""
    if isinstance(raw.value, Unread):
        budget.met(budget.ALIASED_VALUES, at)
    return raw.value  # type: ignore[no-any-return]


def _lighten(root: YamlNode, base: int, text: str) -> tuple[bool, set[str], bool]:
    """Replace the marks of PyYAML's nodes, which take most of a tree's memory, by their offsets.

    Whether two braces begin any of the nodes is returned, every key, and whether an alias stands for a collection.
    """
    braces = aliased = False
    keys: set[str] = set()
    nodes = [root]
    for raw in nodes:  # to which those are added that it holds
        mark = raw.start_mark
        if type(mark) is int:  # an alias
            aliased = aliased or raw.id != "scalar"
            continue
        start = mark.index
        raw.start_mark, raw.end_mark = start + base, raw.end_mark.index + base
        kind = raw.id
        if kind == "scalar":
            raw.value = shared(raw.value)
        elif kind == "mapping":
            braces = braces or (raw.flow_style and text.startswith("{{", start))
            for key, value in raw.value:
                nodes += key, value
                if key.id == "scalar":
                    keys.add(key.value)
        else:
            nodes += raw.value
    return braces, keys, aliased
