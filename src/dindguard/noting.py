"""What is noted of texts while they are read: their trees, what became of them, what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.coverage import Book
from dindguard.documents import syntax as syntaxes
from dindguard.source import Notice, Source

if TYPE_CHECKING:
    from dindguard.documents.yaml import Tree

MADE_AGAIN = (syntaxes.YAML, syntaxes.JSON)
"""Syntaxes in which templates are written that are read in place, and whose trees are let go of: of others, readers give
values to nodes."""


class Entry:
    """A text that was read: its tree until nobody needs it, and what went wrong."""

    __slots__ = ("notices", "source", "syntax", "tree")

    def __init__(self, source: Source, syntax: str, tree: Tree) -> None:
        self.source = source
        self.syntax = syntax
        self.tree: Tree | None = tree
        self.notices = tree.notices

    def drop(self) -> None:
        """Let go of the tree, which would stay if it knew its nodes."""
        if self.tree is not None:
            self.tree.documents.clear()
            self.tree = None


class Noted:
    """What is noted of texts while they are read: what became of them, what went wrong, which of them are ours."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.notices: list[Notice] = []
        self.entries: dict[int, Entry] = {}
        self.ours: set[int] = set()

    @property
    def said(self) -> bool:
        """Whether anything was noted but what became of files."""
        return bool(self.notices or self.entries or self.ours)

    def add(self, other: Noted) -> None:
        """Note all that was noted elsewhere."""
        self.book.add(other.book)
        self.notices += other.notices
        self.entries.update(other.entries)
        self.ours |= other.ours
