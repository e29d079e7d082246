"""Trees that wait for their format: what their documents hold is let go of, and made again when somebody asks for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from dindguard.documents.tree import Node, Pairs
from dindguard.documents.yaml import Tree
from dindguard.source import Source

RECENT = 256 * 1024
"""The trees of so many characters that were made last are held: readers go from one file to the next."""

HELD = 3 * 1024 * 1024
"""Where trees of more characters wait, those for which there was room are few of all, and are let go of as well."""


class _HasTree(Protocol):
    """A text that was read."""

    source: Source
    tree: Tree | None


class Waiting:
    """The trees for which there is no room: all but the last are let go of.

    ``again`` makes the tree of a text once more, and adds that. ``home`` is the chart that a text belongs to. ``gone`` is told
    of each that is let go of, and of the chart of which that was the last one. ``held`` are those for which there was room:
    where very many wait, they go, too.
    """

    def __init__(
        self,
        again: Callable[[Any], Tree],
        home: Callable[[Source], str],
        gone: Callable[[Any, str], None],
        held: dict[Any, int],
    ) -> None:
        self._again = again
        self._home = home
        self._gone = gone
        self._held = held
        self._of_chart: Counter[str] = Counter()
        self._recent: dict[_HasTree, int] = {}
        self._size = self._in_all = 0

    @property
    def much(self) -> bool:
        """Whether so much waits that nothing is to be held."""
        return self._in_all > HELD

    def asleep(self, size: int) -> None:
        """Count a tree that was made elsewhere, and waits as well."""
        self._in_all += size
        while self.much and self._held:
            self._add(self._held.popitem()[0])

    def add(self, entry: _HasTree) -> None:
        """Hold a tree that was just made, and let go of earlier ones if that is too much."""
        self._add(entry)
        self.asleep(entry.source.size)

    def _add(self, entry: _HasTree) -> None:
        self.remove(entry)
        self._of_chart[self._home(entry.source)] += 1
        self._recent[entry] = entry.source.size
        self._size += entry.source.size
        while self._size > RECENT and len(self._recent) > 1:
            first = next(iter(self._recent))
            chart = self.remove(first)
            if first.tree is not None and not first.tree.made_once:
                first.tree = let_go(first.tree, partial(self._again, first))
                self._gone(first, chart)

    def remove(self, entry: _HasTree) -> str:
        """Have no more to do with a tree; return its chart, if that was the last one of it."""
        size = self._recent.pop(entry, None)
        if size is None:
            return ""
        self._size -= size
        home = self._home(entry.source)
        self._of_chart[home] -= 1
        return home if not self._of_chart[home] else ""


def let_go(tree: Tree, again: Callable[[], Tree]) -> Tree:
    """Return a tree with the same documents that holds nothing; ``again`` makes a whole one of the same text.

    Whoever has nodes of a document keeps those.
    """
    light = Tree(tree.source)
    light.documents, light.notices = tree.documents, tree.notices
    light.bare_braces, light.passed_over = tree.bare_braces, tree.passed_over
    return asleep(light, again)


def asleep(tree: Tree, again: Callable[[], Tree]) -> Tree:
    """Have a tree's documents hold nothing until somebody asks for it; return the tree."""
    sleeping = _Asleep(tree.documents, again)
    for root in tree.documents:
        root._loaded = root._key_index = None
        root._children, root._folds = sleeping, _nothing  # copies of it can be folded
    return tree


def _nothing() -> None:
    """What goes with a document that holds nothing."""


class _Asleep:
    """Stands for what the documents of a tree hold: whoever asks for that of one of them has all made again."""

    __slots__ = ("_again", "_documents")

    def __init__(self, documents: list[Node], again: Callable[[], Tree]) -> None:
        self._documents = documents
        self._again = again

    def __call__(self, node: Node) -> Pairs | list[Node]:
        for root, made in zip(self._documents, self._again().documents, strict=True):
            _become(root, made)
        return node._load()


def _become(root: Node, made: Node) -> None:
    root._children, root._folds = made._children, made._folds
    root._loaded, root._key_index = made._loaded, made._key_index
