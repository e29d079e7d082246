"""What is known of a text that a copy of this process has recognised: enough to have its tree made when a reader asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dindguard.coverage import Book
from dindguard.documents.tree import Kind, Node
from dindguard.documents.yaml import Tree
from dindguard.files import Files
from dindguard.formats import Document
from dindguard.noting import Noted
from dindguard.packing import Sources, packed, unpacked
from dindguard.records import record
from dindguard.source import Notice, Source

_OF_A_ROOT = ("start", "end", "route", "style", "tag", "conditions")
_OF_NO_ROOT = ("key", "scope", "mapping", "filled", "inner")


@record(slots=True)
class Outline:
    """The documents of a text as far as they are known without what they hold.

    ``claims`` are formats, each with the number of the document that it claims; ``seen`` is what they said of those, packed.
    ``ours`` tells that the text's faults count. ``told`` is what went wrong while it was recognised, ``faults`` what went
    wrong while it was read.
    """

    syntax: str
    roots: list[tuple[Kind, dict[str, Any]]]
    claims: list[tuple[str, int]]
    seen: bytes
    faults: list[Notice]
    told: list[Notice]
    book: Book
    ours: bool
    passed_over: int
    bare_braces: bool

    def noted(self, source: Source) -> Noted:
        """Return what was noted of the text."""
        noted = Noted(self.book)
        noted.notices = self.told
        noted.ours = {id(source)} if self.ours else set()
        return noted

    def tree(self, source: Source) -> Tree:
        """Return the tree of the text, whose documents hold nothing yet."""
        tree = Tree(source)
        tree.documents = [Node(kind, source, **values) for kind, values in self.roots]
        tree.notices, tree.bare_braces, tree.passed_over = self.faults, self.bare_braces, self.passed_over
        return tree

    def documents(self, source: Source, tree: Tree, files: Files) -> list[tuple[str, Document]]:
        """Return the documents that formats claim, with what was seen of each."""
        seen = unpacked(self.seen, Sources(files), tree.documents) if self.claims else []
        return [
            (name, Document(source, tree.documents[number], seen=each))
            for (name, number), each in zip(self.claims, seen, strict=True)
        ]


def outline(source: Source, found: Sequence[tuple[str, Document]], noted: Noted) -> Outline | None:
    """Return what a text was recognised as, and what was ``noted`` meanwhile; ``None`` where that does not tell all."""
    entry = noted.entries.get(id(source))
    tree = entry.tree if entry is not None else None
    if len(noted.entries) > (entry is not None) or noted.ours - {id(source)}:
        return None
    if entry is None or tree is None:
        plain = entry is None and not found
        return Outline("", [], [], b"", [], noted.notices, noted.book, False, 0, False) if plain else None
    roots = tree.documents
    numbers = {id(root): number for number, root in enumerate(roots)}
    if (
        tree.made_once
        or not all(_travels(root) for root in roots)
        or not all(id(each.content) in numbers for _, each in found)
    ):
        return None
    return Outline(
        entry.syntax,
        [(root.kind, {name: getattr(root, name) for name in _OF_A_ROOT}) for root in roots],
        [(name, numbers[id(each.content)]) for name, each in found],
        packed([each.seen for _, each in found], roots),
        tree.notices,
        noted.notices,
        noted.book,
        id(source) in noted.ours,
        tree.passed_over,
        tree.bare_braces,
    )


def _travels(root: Node) -> bool:
    """Whether a document is told by where it stands, and by the branches of a template that it stands in."""
    return not root.is_scalar and not root.trail and all(getattr(root, name) is None for name in _OF_NO_ROOT)
