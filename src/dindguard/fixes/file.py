"""One file that fixes change: its text, its tree, and the proof that nothing else in it moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from dindguard.documents import readers
from dindguard.documents import syntax as syntaxes
from dindguard.documents.tree import Node
from dindguard.fixes import checking, dockerfile
from dindguard.fixes.locating import Chain, Extents, Once, chain_at
from dindguard.fixes.splices import RefusedError, Splice, apply
from dindguard.fixes.trees import TreeEditor
from dindguard.source import Source, Span

WRITTEN = (syntaxes.YAML, syntaxes.JSON, syntaxes.TOML)
"""Syntaxes whose trees are changed; all others are changed as texts."""

ACTIONS = ("{{", "{%", "<%")
"""How actions of templates begin."""

_Parents: TypeAlias = "dict[int, tuple[Node, Node | None]]"
"""Nodes by their identity, each with the node that holds it."""


class File:
    """One file's text and tree, as the reader of its syntax tells it.

    Raises :class:`RefusedError` when it cannot be read without values of a template.
    """

    def __init__(self, source: Source, syntax: str) -> None:
        self.source = source
        self.syntax = syntax
        self.editor: TreeEditor | None = None
        self._roots: list[Node] = []
        self._extents = Extents()
        self._above: _Parents | None = None
        self._actions: dict[int, int] = {}
        if syntax in WRITTEN:
            tree = readers.reader(syntax)(source)
            if not tree.readable or tree.bare_braces:
                raise RefusedError("the file can be read as a template only")
            self.editor = TreeEditor(source.text, syntax)
            self._roots = tree.documents

    def chain(self, span: Span) -> Chain:
        """Return the way to what stands at a place."""
        start, end = self.offsets(span)
        found = chain_at(self._roots, start, end, scattered=self.syntax == syntaxes.TOML, extents=self._extents)
        if found is None:
            raise RefusedError("nothing that can be changed stands there")
        return found

    def way_to(self, node: Node) -> Chain:
        """Return the way to a node that a format's writer found."""
        self._above = self._above if self._above is not None else _parents(self._roots)
        if self._above.get(id(node), (None, None))[0] is not node:
            raise RefusedError("it stands in another file, or in an alias")
        way: list[Node] = []
        at: Node | None = node
        while at is not None:
            way.append(at)
            _, at = self._above[id(at)]
        return tuple(reversed(way))

    def offsets(self, span: Span) -> tuple[int, int]:
        """Return the offsets of a place."""
        return self.source.offset(span.line, span.column), self.source.offset(span.end_line, span.end_column)

    def may_hold(self, span: Span) -> bool:
        """Whether a document inside may be what stands at a place: a text of several lines or in brackets, or a script's."""
        if self.editor is None:
            return "daemon.json" in self.source.text or "<<" in self.source.text
        leaf = self.chain(span)[-1]
        inside = leaf.is_scalar and (leaf.start, leaf.end) != self.offsets(span)
        return inside and ("\n" in leaf.content or leaf.content.lstrip().startswith("{"))

    def outward(self, splices: tuple[Splice, ...]) -> Iterable[Splice]:
        """Return the splices of the file that make those of its own text."""
        return splices

    def check(self, splices: tuple[Splice, ...]) -> None:
        """Refuse what touches a template's action, and splices that touch each other."""
        text = self.source.text
        reached = 0
        for splice in sorted(splices, key=lambda each: (each.start, each.end)):
            touched = text[splice.start : splice.end]
            if any(mark in touched for mark in ACTIONS) or self._first_action(splice.start) < splice.start:
                raise RefusedError("a template's action stands there")
            if splice.start < reached:
                raise RefusedError("its own changes overlap")
            reached = max(reached, splice.end)

    def _first_action(self, offset: int) -> int:
        """Return where the mark of the first action in a line ends; the end of the text if there is none."""
        text = self.source.text
        start = text.rfind("\n", 0, offset) + 1
        if start not in self._actions:
            end = text.find("\n", start) % (len(text) + 1)
            found = [at + len(mark) - 1 for mark in ACTIONS if (at := text.find(mark, start, end)) >= 0]
            self._actions[start] = min(found, default=len(text))
        return self._actions[start]

    def keeps_the_rest(self, splices: Sequence[Splice]) -> bool:
        """Whether a parse of the edited text shows that nothing moves but what is meant."""
        text = self.source.text
        after = apply(text, splices)
        if self.syntax in WRITTEN:
            return checking.unmoved(self.source, after, splices, self.syntax)
        return self.syntax != "dockerfile" or dockerfile.same_shape(text, after, checking.lines_gone(text, splices))


def _parents(roots: Iterable[Node]) -> _Parents:
    """Return each node of documents, by its identity, and the node that holds it."""
    found: _Parents = {}
    for root in roots:
        once = Once()
        waiting: list[tuple[Node, Node | None]] = [(root, None)]
        while waiting:
            node, above = waiting.pop()
            found.setdefault(id(node), (node, above))
            waiting += [(child, node) for child in reversed(once.below(node))]
    return found
