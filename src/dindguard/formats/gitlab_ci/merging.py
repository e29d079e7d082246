"""How GitLab puts jobs together: deep merge, ``extends`` and ``!reference``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard import budget
from dindguard.documents.tree import Kind, Node
from dindguard.source import Step


class Merger:
    """Merges the settings of one pipeline, and counts them: what many jobs extend is merged into each."""

    def __init__(self) -> None:
        self._settings = 0

    @property
    def full(self) -> bool:
        """Whether so many were merged that no more are, which was told."""
        return self._settings > budget.GITLAB_SETTINGS.most

    def merged(self, layers: Sequence[Node], depth: int = 0) -> Node:
        """Return nodes merged over each other, the last on top: mappings key by key, everything else replaced."""
        top = layers[-1]
        start = len(layers)
        while start and layers[start - 1].is_mapping:
            start -= 1
        if len(layers) - start < 2 or not self._may_merge(layers[start:], depth):
            return top
        found: dict[str, tuple[Node, list[Node]]] = {}
        for layer in layers[start:]:
            for key, value in layer.pairs():
                below = found[key.content][1] if key.content in found else []
                below.append(value)
                found[key.content] = (key, below)
        return top.with_pairs([(key, self.merged(values, depth + 1)) for key, values in found.values()])

    def _may_merge(self, layers: Sequence[Node], depth: int) -> bool:
        self._settings += sum(len(layer.pairs()) for layer in layers)
        return budget.within(budget.GITLAB_MERGE_LEVELS, depth + 1, layers[-1]) and budget.within(
            budget.GITLAB_SETTINGS, self._settings, layers[-1]
        )


def is_reference(node: Node) -> bool:
    """Whether a node is a ``!reference [job, key]``."""
    return node.kind is Kind.SEQUENCE and node.tag == "!reference"  # asked of many holes, which know their kind alone


class Jobs:
    """The jobs of one project by name, with what they extend and refer to filled in.

    ``extended`` are the names that some job extends or refers to; ``missing`` the places that name a job
    which no file that was read defines.
    """

    def __init__(self, root: Node, merger: Merger) -> None:
        self.root = root
        self._merger = merger
        self.extended: set[str] = set()
        self.missing: dict[str, Node] = {}
        self._complete: dict[str, tuple[Node, int]] = {}
        self._references = 0
        self._items = 0

    def job(self, name: str) -> Node:
        """Return a job with everything it extends merged into it; a hole when there is none."""
        waiting, begun = [name], set[str]()
        while waiting:
            current = waiting[-1]
            begun.add(current)
            bases = [base for base in self._bases(current) if base not in self._complete and base not in begun]
            if bases and current not in self._complete:
                waiting += bases
                continue
            waiting.pop()
            if current not in self._complete:
                self._complete[current] = self._extended(self.root[current])
        return self._complete[name][0]

    def _bases(self, name: str) -> list[str]:
        return [base.text for base in self.root[name]["extends"].listed() if self.root[base.text].is_mapping]

    def _extended(self, node: Node) -> tuple[Node, int]:
        """Return a job merged over those that it extends, and how many levels those are. GitLab refuses circles."""
        if not node.is_mapping:
            return node, 0
        layers: list[Node] = []
        levels = 0
        for parent in node["extends"].listed():
            name = parent.text
            self.extended.add(name)
            if not self.root[name].is_mapping:
                self.missing.setdefault(name, parent)
                continue
            complete, below = self._complete.get(name, (self.root[name], 0))
            levels = max(levels, below + 1)
            if self._merger.full or not budget.within(budget.GITLAB_EXTENDS, levels, parent):
                continue
            found = complete.explained(Step("extended here", parent.span))
            layers.append(found)
        return self._merger.merged([*layers, node]), levels

    def resolve(self, node: Node, depth: int = 0) -> Node:
        """Return what a node stands for: itself, or what it refers to."""
        if not is_reference(node):
            return node
        while is_reference(node) and self._may_refer(node, depth + 1):
            depth += 1
            self._references += 1
            steps = [item.text for item in node.items()]
            if not steps:
                return node
            self.extended.add(steps[0])
            target = self.job(steps[0])
            if not target.present:
                self.missing.setdefault(steps[0], node)
            for step in steps[1:]:
                target = self.resolve(target, depth)[step]
            node = target.explained(Step("referenced here", node.span)) if target.present else target
        return node.hole("") if is_reference(node) else node

    def items(self, node: Node) -> list[Node]:
        """Return the items of a list, nested lists and references flattened; a single value is a list of one."""
        return list(self._flat(node, 0))

    def _flat(self, node: Node, depth: int) -> Iterator[Node]:
        node = self.resolve(node, depth)
        for item in node.listed():
            self._items += 1
            if not budget.within(budget.GITLAB_ITEMS, self._items, item):
                return
            if item.is_sequence and budget.within(budget.GITLAB_REFERENCE_LEVELS, depth + 1, item):
                yield from self._flat(item, depth + 1)
            elif item.is_scalar or item.is_mapping:
                yield item

    def _may_refer(self, node: Node, depth: int) -> bool:
        count = self._references
        return budget.within(budget.GITLAB_REFERENCE_LEVELS, depth, node) and budget.within(
            budget.GITLAB_REFERENCES, count, node
        )
