"""YAML text into located trees, one per document of the stream.

PyYAML composes (it never constructs: no tag is executed, no number or boolean is made), with libyaml where
it is installed. What PyYAML gets wrong is mended here: the end marks of block collections, anchors that are
defined twice, merge keys that multiply without bound, and nesting that overflows libyaml's stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, TypeAlias

from dindguard import budget, memory
from dindguard.compact import shared
from dindguard.documents.kinds import MERGE
from dindguard.documents.routes import join_route, route_key
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.documents.unread import Unread
from dindguard.patterns import regex
from dindguard.source import Gravity, Notice, Segment, Source, Step

YamlNode: TypeAlias = Any

_ALIAS = regex(r"\*[^\s,\[\]{}]+")
MERGE_KEY = "<<"
_STYLES = {None: "", "": "", "'": "single", '"': "double", "|": "literal", ">": "folded"}
_KINDS = {"mapping": Kind.MAPPING, "sequence": Kind.SEQUENCE, "scalar": Kind.SCALAR}


_SPECIAL = "{}[],:#\"'&*|>%@`"
_HIDE = str.maketrans({char: chr(0x10400 + number) for number, char in enumerate(_SPECIAL)})
_SHOW = str.maketrans({chr(0x10400 + number): char for number, char in enumerate(_SPECIAL)})


def hidden(text: str) -> str:
    """Return characters that mean nothing in YAML for those of ``text`` that do: a tree shows them as they were."""
    return text.translate(_HIDE)


class Tree:
    """The documents of one YAML or JSON source, and what went wrong while reading them.

    ``text`` is what was read where that is not the source's own text: a part of it that begins at ``base``, in which
    other characters may stand; it ``hides`` some where :func:`hidden` wrote others.
    """

    def __init__(self, source: Source, text: str | None = None, base: int = 0, *, hides: bool = False) -> None:
        self.source = source
        self.text = source.text if text is None else text
        self.base = base
        self.documents: list[Node] = []
        self.notices: list[Notice] = []
        self.bare_braces = False
        """Whether two braces begin a value outside of quotes: correct YAML that nobody means, an action of a template."""
        self.passed_over = 0
        """Documents that were told by their outline, and are not among the others."""
        self.once = False
        """Whether another tree of the same text may be another one."""
        self.hides = hides
        self._merged = 0
        self._merging = 0

    @property
    def readable(self) -> bool:
        """Whether the whole text could be read."""
        return not any(notice.gravity is Gravity.ERROR for notice in self.notices)

    def given_up(self) -> list[Node]:
        """Return the documents, which go with their last user then: a tree that knows nodes which know it stays longer."""
        documents, self.documents = self.documents, []
        return documents

    @property
    def made_once(self) -> bool:
        """Whether it must not be made again: it would be another one, or much would be merged again."""
        return self.once or self._merged > budget.MERGED_KEYS.most // 10

    @cached_property
    def _stays(self) -> bool:
        """Whether what is made of a document is kept: what is merged counts, so that it is made once."""
        return MERGE_KEY in self.text or memory.kept()

    # -- from PyYAML's nodes to ours ----------------------------------------------------------------

    def add(self, root: YamlNode) -> None:
        """Add a document that PyYAML composed."""
        braces, keys, aliased = _lighten(root, self.base, self.text)
        if aliased:
            from dindguard.documents.yaml_aliases import bound

            bound(root)
        self.bare_braces |= braces
        node = self._node(root, route="", key=None, trail=())
        node.every_key = keys
        self.documents.append(node if self._stays else node.foldable())

    def _node(self, raw: YamlNode, route: str, key: Node | None, trail: tuple[Step, ...]) -> Node:
        kind = _KINDS[raw.id]
        start = raw.start_mark
        tag = raw.tag if raw.tag and raw.tag.startswith("!") else ""
        if kind is Kind.SCALAR:
            style = _STYLES[raw.style]
            text, source = raw.value.translate(_SHOW) if self.hides else raw.value, self.source
            end = raw.end_mark
            while start == end and start > self.base and self.text[start - self.base - 1] in " \t":
                start = end = start - 1  # nothing is written: the loaders differ, so it stands behind what is
            return Node(
                kind, source, start, end, route=route, content=text, style=style, tag=tag, key=key, trail=trail,
                mapping=self._segments,
            )  # fmt: skip
        load = self._pairs if kind is Kind.MAPPING else self._items
        return Node(
            kind, self.source, start, self._end(raw), route=route, style="flow" if raw.flow_style else "block",
            tag=tag, key=key, trail=trail, children=lambda node: load(raw, node),
        )  # fmt: skip

    def _end(self, raw: YamlNode) -> int:
        """Return where a node really ends: the end mark of a block collection lies after what follows it."""
        seen = set()
        node = raw
        while (end := getattr(node, "end", None)) is None:
            if node.id == "scalar" or node.flow_style or not node.value or id(node) in seen:
                end = node.end_mark
                break
            seen.add(id(node))
            last = node.value[-1]
            key, value = last if isinstance(last, tuple) else (node, last)
            aliased = value.start_mark < (key.end_mark if key is not node else key.start_mark)
            node = key if aliased and key is not node else value
        raw.end = end
        return int(end)

    def _pairs(self, raw: YamlNode, parent: Node) -> Pairs:
        own: Pairs = []
        merged: Pairs = []
        for raw_key, raw_value in _read(raw, parent):
            if raw_key.tag == MERGE:
                merged.extend(self._merge(raw_key, raw_value, parent))
                continue
            name = raw_key.value if isinstance(raw_key.value, str) else "?"
            route = join_route(parent.route, route_key(name))
            key = self._node(raw_key, route, None, parent.trail)
            if key.kind is not Kind.SCALAR:
                key.content = name
            trail = parent.trail
            if raw_value.start_mark < raw_key.end_mark:
                span = self.source.span(raw_key.start_mark, raw_key.end_mark, route)
                trail = (*trail, Step("used here", span))
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

    def _segments(self, node: Node) -> tuple[Segment, ...]:
        from dindguard.documents.yaml_scalars import segments

        base = self.base
        content = node.content.translate(_HIDE) if self.hides else node.content
        found = segments(self.text, node.start - base, node.end - base, node.style, content)
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
    stack = [root]
    braces = aliased = False
    keys: set[str] = set()
    while stack:
        raw = stack.pop()
        if isinstance(raw.start_mark, int):  # an alias
            aliased = aliased or raw.id != "scalar"
            continue
        start = raw.start_mark.index
        raw.start_mark, raw.end_mark = start + base, raw.end_mark.index + base
        if raw.id == "mapping":
            braces = braces or (raw.flow_style and text.startswith("{{", start))
            for pair in raw.value:
                stack.extend(pair)
                if pair[0].id == "scalar":
                    keys.add(pair[0].value)
        elif raw.id == "sequence":
            stack.extend(raw.value)
        else:
            raw.value = shared(raw.value)
    return braces, keys, aliased


def read(source: Source) -> Tree:
    """Read every document of ``source``; what cannot be read becomes an error notice with its place.

    Documents before a syntax error are kept. Never raises.
    """
    tree = read_part(source, source.text, 0)
    if tree.readable:
        return tree
    from dindguard.documents.yaml_loaders import pure, too_deep

    if too_deep(source.text):
        return tree
    again = _composed(Tree(source), pure())
    best = again if again.readable or len(again.documents) > len(tree.documents) else tree
    best.notices = again.notices if again.readable else tree.notices
    return best


def read_without(source: Source, left: Sequence[tuple[int, int]]) -> Tree:
    """Read the documents of ``source`` but those between the given offsets, which are whole documents, in order."""
    tree = Tree(source)
    tree.passed_over = len(left)
    borders = [0, *(border for part in left for border in part), len(source.text)]
    for start, end in zip(borders[::2], borders[1::2], strict=True):
        if start < end:
            part = read_part(source, source.text[start:end], start)
            tree.documents += part.documents
            tree.notices += part.notices
    return tree


def read_part(source: Source, text: str, base: int, *, hides: bool = False) -> Tree:
    """Read the documents of ``text``, which stands for the characters of ``source`` from ``base`` on, in one go.

    ``hides`` as of :class:`Tree`.
    """
    # A Dockerfile alone needs no PyYAML.
    from dindguard.documents.yaml_loaders import FastLoader, pure, too_deep

    tree = Tree(source, text, base, hides=hides)
    return _composed(tree, pure() if too_deep(text) else FastLoader)


def _composed(tree: Tree, loader: Any) -> Tree:
    from dindguard.documents.libyaml import complete
    from dindguard.documents.yaml_loaders import YAMLError

    text = tree.text
    if not text.replace("\n", "").isprintable():
        from dindguard.documents.yaml_scalars import accepted

        text = accepted(text)
    try:
        for root in _documents(text, loader):
            tree.add(root)
    except (YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, YAMLError) and not hasattr(error, "problem") and complete():  # it knows what is wrong
            return _composed(Tree(tree.source, tree.text, tree.base, hides=tree.hides), loader)
        tree.notices.append(_notice(error, tree))
    return tree


def _documents(text: str, loader_class: Any) -> Iterator[YamlNode]:
    loader = loader_class(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                yield node
    finally:
        loader.dispose()


def _notice(error: Exception, tree: Tree) -> Notice:
    from dindguard.documents.faults import unreadable

    source = tree.source
    if isinstance(error, RecursionError):
        return budget.YAML_NESTING.notice(source.whole())
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = tree.base + (mark.index if mark else getattr(error, "position", 0))
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if type(error) is ValueError:
        problem = "a number has too many digits"
    context = getattr(error, "context", None)
    return unreadable(source, "YAML", f"{problem} ({context})" if context else problem, position)
