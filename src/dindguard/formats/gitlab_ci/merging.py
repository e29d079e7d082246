"""How GitLab puts jobs together: deep merge, ``extends`` and ``!reference``."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.source import Step

EXTENDS_LEVELS = 11
"""GitLab's own limit for chains of ``extends``."""
REFERENCE_LEVELS = 10
"""GitLab's own limit for nested ``!reference`` tags."""
MERGE_LEVELS = 30
"""Mappings are merged this deep; an anchor that holds itself would go on for ever."""
_ITEMS = 20_000
_REFERENCES = 100_000
"""Budgets for one list and for one project: real ones stay below a hundredth of them."""


def deep_merge(base: Node, over: Node, levels: int = MERGE_LEVELS) -> Node:
    """Return ``over`` merged over ``base``: mappings key by key, everything else replaced."""
    if not (base.is_mapping and over.is_mapping and levels):
        return over
    merged: dict[str, tuple[Node, Node]] = {key.content: (key, value) for key, value in base.pairs()}
    for key, value in over.pairs():
        below = merged.get(key.content)
        merged[key.content] = (key, value if below is None else deep_merge(below[1], value, levels - 1))
    return over.with_pairs(list(merged.values()))


def is_reference(node: Node) -> bool:
    """Whether a node is a ``!reference [job, key]``."""
    return node.tag == "!reference" and node.is_sequence


class Jobs:
    """The jobs of one project by name, with what they extend and refer to filled in.

    ``extended`` are the names that some job extends or refers to; ``missing`` the places that name a job
    which no file that was read defines.
    """

    def __init__(self, root: Node) -> None:
        self.root = root
        self.extended: set[str] = set()
        self.missing: dict[str, Node] = {}
        self._complete: dict[str, Node] = {}
        self._references = 0

    def job(self, name: str, path: tuple[str, ...] = ()) -> Node:
        """Return a job with everything it extends merged into it; a hole when there is none."""
        node = self.root[name]
        if name in path or len(path) >= EXTENDS_LEVELS or not node.is_mapping:
            return node
        if name not in self._complete:
            complete = self._extend(node, (*path, name))
            if path:
                return complete  # a cycle may have cut it short
            self._complete[name] = complete
        return self._complete[name]

    def _extend(self, node: Node, path: tuple[str, ...]) -> Node:
        base: Node | None = None
        for parent in node["extends"].listed():
            name = parent.text
            self.extended.add(name)
            if not self.root[name].is_mapping:
                self.missing.setdefault(name, parent)
                continue
            found = self.job(name, path).explained(Step("extended here", parent.span))
            base = found if base is None else deep_merge(base, found)
        return node if base is None else deep_merge(base, node)

    def resolve(self, node: Node, levels: int = REFERENCE_LEVELS) -> Node:
        """Return what a node stands for: itself, or what it refers to."""
        while is_reference(node) and levels > 0 and self._references < _REFERENCES:
            levels -= 1
            self._references += 1
            steps = [item.text for item in node.items()]
            if not steps:
                return node
            self.extended.add(steps[0])
            target = self.job(steps[0])
            if not target.present:
                self.missing.setdefault(steps[0], node)
            for step in steps[1:]:
                target = self.resolve(target, levels)[step]
            node = target.explained(Step("referenced here", node.span)) if target.present else target
        return node.hole("") if is_reference(node) else node

    def items(self, node: Node) -> list[Node]:
        """Return the items of a list, nested lists and references flattened; a single value is a list of one."""
        budget = _ITEMS

        def flat(node: Node, levels: int) -> Iterator[Node]:
            nonlocal budget
            node = self.resolve(node, levels)
            for item in node.listed():
                budget -= 1
                if budget < 0:
                    return
                if item.is_sequence and levels > 0:
                    yield from flat(item, levels - 1)
                elif item.is_scalar or item.is_mapping:
                    yield item

        return list(flat(node, REFERENCE_LEVELS))
