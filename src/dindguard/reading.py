"""Recognise sources and read them with their formats, and the documents inside them, round by round."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dindguard import budget, memory
from dindguard.coverage import Book
from dindguard.documents import syntax as syntaxes
from dindguard.documents import yaml
from dindguard.files import Files
from dindguard.formats import Context, Document, Reading, Unread, registry
from dindguard.formats.recognition import Recogniser
from dindguard.formats.row import FormatRow
from dindguard.model.container import Container
from dindguard.options import Progress
from dindguard.patterns import regex
from dindguard.records import replace
from dindguard.source import Embedded, Gravity, Notice, Source

if TYPE_CHECKING:
    from dindguard.documents.template.reading import Templates
    from dindguard.documents.tree import Node
    from dindguard.documents.yaml import Tree

_OF_TEMPLATES = (syntaxes.YAML, syntaxes.JSON)
"""Syntaxes in which templates are written that are read in place."""

_VALUES = regex(r"values[^/]*\.ya?ml$")
"""Names of files that charts' templates take values from."""

_DEFINES = regex(r"(?:\s|\{\{-?\s*/\*[^*]*\*+(?:[^/*][^*]*\*+)*/\s*-?\}\})*\{\{-?\s*define\b")
"""The beginning of a file of named templates."""


def read_all(
    sources: Iterable[Source],
    files: Files,
    recogniser: Recogniser | None = None,
    progress: Progress | None = None,
    book: Book | None = None,
) -> tuple[list[Reading], list[Notice]]:
    """Recognise and read every source, and the documents inside them, round by round.

    ``progress`` is called with files done and in all; ``book`` learns what became of each file.
    """
    trees = _Trees(files, recogniser or Recogniser(), book or Book())
    named, configures = trees.recogniser.named, registry.configures_an_engine
    context = Context(trees.open, trees.tree, files.listing, files.relative, configures, named, files.folders)
    readings: list[Reading] = []
    first, last = _in_turn(sources)
    with budget.opened() as ledger:
        for turn in (first, last):
            readings += _rounds([Embedded(source) for source in turn], trees, context, progress)
    notices = [*trees.all_notices(), *ledger.notices]
    for reading in readings:
        notices.extend(reading.notices)
    return readings, notices


def _in_turn(sources: Iterable[Source]) -> tuple[list[Source], list[Source]]:
    """Return the sources in two turns: what charts' templates take from others is known when they have been read."""
    turns: tuple[list[Source], list[Source]] = ([], [])
    for source in sources:
        later = ("values" in source.name and _VALUES.search(source.name) is not None) or (
            "templates/" in source.path and _DEFINES.match(source.text)
        )
        turns[bool(later)].append(source)
    return turns


def _rounds(waiting: list[Embedded], trees: _Trees, context: Context, progress: Progress | None) -> Iterator[Reading]:
    """Yield what the formats make of texts, and of the documents in them, round by round."""
    for depth in itertools.count(1):
        if not waiting or not budget.within(budget.EMBEDDED_DEPTH, depth, waiting[0].source.whole()):
            return
        documents = _recognise(waiting, trees, progress)
        waiting = []
        for row in sorted(registry.rows(), key=lambda row: row.name):
            if documents.get(row.name):
                reading, faults = _read(row, documents[row.name], context)
                trees.notices += faults
                trees.said_nothing(reading.unread)
                waiting.extend(reading.embedded)
                yield reading


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the cycle collector from walking a growing tree again and again; it makes up for it afterwards."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(row: FormatRow, documents: list[Document], context: Context) -> tuple[Reading, list[Notice]]:
    """Read all documents of a format together; a fault costs only the files that the reader fails on."""
    try:
        return registry.load(row).read(documents, context), []
    except Exception as error:
        if len(documents) == 1:
            return Reading(), [_failed(documents[0].source, error)]
        message = "the files of this format were read one by one, for a fault of dindguard's own"
        apart = replace(_failed(documents[0].source, error), message=f"{message}: {type(error).__name__}: {error}")
    alone = [_read(row, [document], context) for document in documents]
    faults = [fault for _, found in alone for fault in found]
    if not faults:
        return _together(reading for reading, _ in alone), [apart]
    good = [document for document, (_, found) in zip(documents, alone, strict=True) if not found]
    reading, more = _read(row, good, context) if good else (Reading(), [])
    return reading, [*faults, *more]


def _together(readings: Iterable[Reading]) -> Reading:
    whole = Reading()
    for reading in readings:
        for name, values in vars(reading).items():
            getattr(whole, name).extend(values)
    return whole


def _failed(source: Source, error: Exception) -> Notice:
    """Say that a reader failed on a file: that is our fault, and the file counts as not read."""
    message = f"cannot be read, for a fault of dindguard's own: {type(error).__name__}: {error}"
    return Notice("unreadable", message, source.whole(), Gravity.ERROR, "please report this as a bug, with the file")


class _Trees:
    """Parsed YAML, JSON and TOML, each text once."""

    def __init__(self, files: Files, recogniser: Recogniser, book: Book) -> None:
        self.recogniser = recogniser
        self.book = book
        self.notices: list[Notice] = []
        self._files = files
        self._trees: dict[int, tuple[Source, Tree]] = {}
        self._ours: set[int] = set()
        self._forgotten: set[int] = set()
        self._templates: Templates | None = None

    def read(self, source: Source, syntax: str) -> Tree:
        """Return the tree of a source."""
        if id(source) not in self._trees:
            self._trees[id(source)] = (source, self._tree(source, syntax))
        return self._trees[id(source)][1]

    def plain(self, source: Source) -> Source:
        """Return a text that a format reads itself; of a template, by its name, what can be read of it."""
        named = source.parent is None and syntaxes.without_template(source.path) != source.path
        return self._reader_of_templates().text(source) if named and _may_be_template(source) else source

    def _tree(self, source: Source, syntax: str) -> Tree:
        read = syntaxes.reader(syntax)
        if not _may_be_template(source):
            idle = self.recogniser.idle_parts(source) if syntax == syntaxes.YAML else []
            for _, row in idle:
                self.understood(source, row)
            return yaml.read_without(source, [part[:2] for part, _ in idle]) if idle else read(source)
        if syntax == syntaxes.TOML:
            tree = read(source)
            return tree if tree.readable else read(self._reader_of_templates().text(source, quoted=True))
        if syntax not in _OF_TEMPLATES:
            return read(self.plain(source))
        return self._reader_of_templates().tree(source, read)

    def _reader_of_templates(self) -> Templates:
        if self._templates is None:
            from dindguard.documents.template.reading import Templates

            self._templates = Templates(_Referred(self, self._files))
        return self._templates

    def forget(self, source: Source) -> None:
        """Drop the documents of a source that no format wants; what refers to it has it read again."""
        if not memory.kept():
            self._trees[id(source)][1].forget()
            self._forgotten.add(id(source))

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
        if id(source) in self._forgotten:
            self._forgotten.remove(id(source))
            del self._trees[id(source)]
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

    def said_nothing(self, unread: Iterable[Unread]) -> None:
        """Note the documents that a format recognised and did not understand."""
        for each in unread:
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
        for key, (_, tree) in self._trees.items():
            for notice in tree.notices:
                ours = key in self._ours or notice.gravity is not Gravity.ERROR
                notices.append(notice if ours else replace(notice, gravity=Gravity.NOTE))
        return notices


def _may_be_template(source: Source) -> bool:
    return any(mark in source.text for mark in ("{{", "{%", "<%"))


class _Referred:
    """The files that templates refer to: a chart's values, its helpers. They are understood as parts of the templates."""

    def __init__(self, trees: _Trees, files: Files) -> None:
        self.open = trees.open
        self.listing = files.listing
        self.folders = files.folders


def _recognise(waiting: Sequence[Embedded], trees: _Trees, progress: Progress | None) -> dict[str, list[Document]]:
    documents: dict[str, list[Document]] = {}
    for index, embedded in enumerate(waiting):
        source = embedded.source
        if progress is not None and source.parent is None:
            progress(index + 1, len(waiting))
        try:
            for name, document in _documents(embedded, trees):
                documents.setdefault(name, []).append(document)
        except Exception as error:
            trees.notices.append(_failed(source, error))
    return documents


def _documents(embedded: Embedded, trees: _Trees) -> Iterator[tuple[str, Document]]:
    """Yield the documents of a source, each with the name of its format."""
    source, owner = embedded.source, _container(embedded.owner)
    if embedded.content is not None:
        yield source.hint, Document(source, embedded.content, owner)
        return
    text_format = trees.recogniser.text_format(source)
    if text_format is not None:
        trees.understood(source, text_format)
        yield text_format.name, Document(trees.plain(source), None, owner)
    elif syntax := trees.recogniser.tree_syntax(source):
        for row, node in _recognise_tree(source, syntax, trees):
            trees.understood(source, row)
            yield row.name, Document(source, node, owner)
    else:
        trees.book.source_unread(source)


def _recognise_tree(source: Source, syntax: str, trees: _Trees) -> Iterator[tuple[FormatRow, Node]]:
    tree = trees.read(source, syntax)
    if not tree.readable and trees.recogniser.name_says_enough(source):
        trees.recognised(source)
    ours = False
    unread: list[Node] = []
    for node in tree.documents:
        claims = trees.recogniser.formats_of(source, node)
        if claims:
            ours = True
            trees.recognised(source)
            yield claims[0], node
        elif (idle := trees.recogniser.idle_format(source, node)) is not None:
            trees.understood(source, idle)
        else:
            unread.append(node)
        if len(claims) > 1:
            trees.notices.append(_ambiguous(node, [row.name for row in claims]))
    whole = len(tree.documents) + tree.passed_over == 1
    for node in unread:
        trees.unread(source if whole else source.part(node.start, node.end))
    if not tree.documents and not tree.passed_over:
        trees.unread(source)
    if not ours:
        trees.forget(source)


def _ambiguous(node: Node, names: list[str]) -> Notice:
    """Say that several formats claim a document; one of them has to be told."""
    message = f"looks like {' and like '.join(names)}; it was read as {names[0]}"
    return Notice("ambiguous", message, node.span, Gravity.NOTE, f"say which: --type {names[-1]}={node.span.path}")


def _container(owner: Any) -> Container | None:
    return owner if isinstance(owner, Container) else None
