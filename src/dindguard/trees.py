"""What is read of texts in a scan: each text's tree once, dropped with the text when nobody needs it any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dindguard import memory
from dindguard.coverage import Book
from dindguard.documents import readers, yaml
from dindguard.documents import syntax as syntaxes
from dindguard.files import Files
from dindguard.formats import Document, Reading
from dindguard.formats.recognition import Recogniser
from dindguard.formats.row import FormatRow
from dindguard.records import replace
from dindguard.source import Gravity, Notice, Source

if TYPE_CHECKING:
    from dindguard.documents.template.reading import Templates
    from dindguard.documents.yaml import Tree

_OF_TEMPLATES = (syntaxes.YAML, syntaxes.JSON)
"""Syntaxes in which templates are written that are read in place."""


class _Entry:
    """A text that was read: its tree until nobody needs it, and what went wrong."""

    __slots__ = ("notices", "source", "tree")

    def __init__(self, source: Source, tree: Tree) -> None:
        self.source = source
        self.tree: Tree | None = tree
        self.notices = tree.notices

    def drop(self) -> None:
        """Let go of the tree; its nodes know it, so that it would stay if it knew them."""
        if self.tree is not None:
            self.tree.documents.clear()
            self.tree = None


class Trees:
    """Parsed YAML, JSON and TOML, each text once; texts and trees are dropped when nobody needs them any more."""

    def __init__(self, files: Files, recogniser: Recogniser, book: Book) -> None:
        self.recogniser = recogniser
        self.book = book
        self.notices: list[Notice] = []
        self._files = files
        self._entries: dict[int, _Entry] = {}
        self._ours: set[int] = set()
        self._templates: Templates | None = None

    def read(self, source: Source, syntax: str) -> Tree:
        """Return the tree of a source."""
        entry = self._entries.get(id(source))
        if entry is not None and entry.tree is not None:
            return entry.tree
        tree = self._tree(source, syntax)
        self._entries[id(source)] = _Entry(source, tree)
        return tree

    def plain(self, source: Source, syntax: str) -> Source:
        """Return a text that a format reads itself; of a template, by its name, what can be read of it."""
        named = source.parent is None and syntaxes.without_template(source.path) != source.path
        return self._reader_of_templates().text(source, syntax) if named and may_be_template(source) else source

    def _tree(self, source: Source, syntax: str) -> Tree:
        read = readers.reader(syntax)
        if not may_be_template(source):
            idle = self.recogniser.idle_parts(source) if syntax == syntaxes.YAML else []
            for _, row in idle:
                self.understood(source, row)
            return yaml.read_without(source, [part[:2] for part, _ in idle]) if idle else read(source)
        if syntax == syntaxes.TOML:
            tree = read(source)
            return tree if tree.readable else read(self._reader_of_templates().text(source, syntax))
        if syntax not in _OF_TEMPLATES:
            return read(self.plain(source, syntax))
        return self._reader_of_templates().tree(source, read)

    def _reader_of_templates(self) -> Templates:
        if self._templates is None:
            from dindguard.documents.template.reading import Templates

            self._templates = Templates(_Referred(self, self._files))
        return self._templates

    def forget(self, source: Source) -> None:
        """Drop the tree and the text of a source; what refers to it has it read again."""
        if not memory.kept():
            entry = self._entries.get(id(source))
            if entry is not None:
                entry.drop()
                if not entry.notices:
                    del self._entries[id(source)]
                    self._ours.discard(id(source))
            if not source.embedded:
                self._files.rest(source.path)

    def done(self, documents: Iterable[Document]) -> None:
        """Drop what a format has read."""
        for source in {id(each.source): each.source for each in documents}.values():
            self.forget(source)

    def open(self, path: str) -> Source | None:
        """Return a file that another one refers to, which makes it understood as a part of that one."""
        source = self._files.open(path)
        if source is not None:
            self.book.understood(source.path, "part of another file")
        return source

    def tree(self, path: str) -> Tree | None:
        """Return the tree of a file that another one refers to; ``None`` when there is none."""
        source = self.open(path)
        if source is None:
            return None
        syntax = self.recogniser.syntax_of(source)
        tree = self.read(source, syntaxes.JSON if syntax == syntaxes.JSON else syntaxes.YAML)
        self._ours.add(id(source))
        return tree

    def recognised(self, source: Source) -> None:
        """Note that a source is ours, so that its faults count."""
        self._ours.add(id(source))

    def understood(self, source: Source, row: FormatRow) -> None:
        """Note that a format reads a text, and what it does not read in it."""
        self.book.understood(source.path, row.name)
        for literal, expression, what in row.unmodelled:
            self.book.not_modelled(source, literal, expression, what)

    def said_nothing(self, reading: Reading) -> None:
        """Note the documents that a format recognised and did not understand, and the files that it took values of."""
        self.book.taken(reading.taken)
        for each in reading.unread:
            self.book.part_unread(self._not_used(each.source), each.what, known=each.known)

    def _not_used(self, source: Source) -> Source:
        """Return a file's text, or a stretch of one, without what a chart's templates took from it."""
        left = self._templates.not_used(source.file) if self._templates is not None else None
        if left is None or (source.parent is not None and source.parent.parent is not None):
            return source
        start = source.origin(0)
        both = zip(source.text, left.text[start : start + len(source.text)], strict=False)
        text = "".join(own if own == other else " " for own, other in both)
        return Source(source.path, text, hint=source.hint, parent=source.parent, segments=source.segments)

    def unread(self, source: Source) -> None:
        """Note that no format took a text; what a chart's templates took from it has been judged with them."""
        left = self._templates.not_used(source) if self._templates is not None and source.parent is None else None
        if left is None:
            self.book.source_unread(source)
        else:
            self.book.part_unread(left, "part of a chart", known=False)

    def all_notices(self) -> list[Notice]:
        """Return what went wrong, errors only for files that are ours as far as anyone can tell."""
        notices = [*self.notices]
        for key, entry in self._entries.items():
            for notice in entry.notices:
                ours = key in self._ours or notice.gravity is not Gravity.ERROR
                notices.append(notice if ours else replace(notice, gravity=Gravity.NOTE))
        return notices


def may_be_template(source: Source) -> bool:
    """Whether a text holds marks of a template's actions."""
    return any(mark in source.text for mark in ("{{", "{%", "<%"))


class _Referred:
    """The files that templates refer to: a chart's values, its helpers. They are understood as parts of the templates."""

    def __init__(self, trees: Trees, files: Files) -> None:
        self.open = trees.open
        self.listing = files.listing
        self.folders = files.folders
