"""Recognise sources and read them with their formats, and the documents inside them, round by round."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from dindguard import budget, memory, process
from dindguard.apart import Census, Part, Way, joined, together
from dindguard.coverage import Book
from dindguard.errors import EndedError
from dindguard.files import Files
from dindguard.formats import Context, Document, Reading, registry
from dindguard.formats.recognition import Recogniser
from dindguard.formats.row import FormatRow
from dindguard.model.container import Container
from dindguard.options import Progress
from dindguard.records import replace
from dindguard.source import Embedded, Notice, Source
from dindguard.trees import Trees

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.outlines import Outline

_Led: TypeAlias = tuple[Way, Embedded]
"""A text that waits to be read, and the way that leads to it."""

_SHORT = 2048
"""A text of so few characters is composed as quickly as its keys are told."""

_NOTHING_TOLD: Iterator[Outline | None] = iter(())


def read_all(
    sources: Iterable[Source],
    files: Files,
    recogniser: Recogniser | None = None,
    progress: Progress | None = None,
    book: Book | None = None,
    parts: Iterable[Part] = (),
    processes: int = 1,
) -> tuple[list[Reading], list[Notice]]:
    """Recognise and read every source, and the documents inside them, round by round.

    ``progress`` is called with files done and in all; ``book`` learns what became of each file. ``parts`` are
    what formats have made of further files already; so many ``processes`` share in what formats make of many things.
    """
    trees = Trees(files, recogniser or Recogniser(), book or Book())
    named, configures = trees.recogniser.named, registry.configures_an_engine
    about = (trees.open, trees.tree, trees.listing, files.relative, configures, named, trees.folders)
    context, sharing = Context(*about, trees.again, trees.uses, trees.waits), None
    if processes > 1:
        from dindguard.sharing import Sharing

        sharing = Sharing(trees, files, processes)
        context = replace(context, each=sharing.each)
    readings: list[Reading] = []
    first, last = _in_turn([*sources], files)
    census = Census((*first, *last))
    with budget.opened() as ledger:
        for turn, ready in ((first, parts), (last, ())):
            waiting = [_of_file(source) for source in turn]
            told = _NOTHING_TOLD
            if sharing is not None:
                told = sharing.outlines([each for _, each in waiting], documents_of)
            readings += _rounds(waiting, trees, context, census, progress, ready, told)
    trees.referred()
    if not memory.kept():
        files.rest_all()
    notices = [*trees.all_notices(), *ledger.notices]
    for reading in readings:
        notices.extend(reading.notices)
    return readings, notices


def _in_turn(sources: list[Source], files: Files) -> tuple[list[Source], list[Source]]:
    if not any("templates/" in source.path or "values" in source.name for source in sources):
        return sources, []
    from dindguard.turns import in_turn

    return in_turn(sources, files)


def _of_file(source: Source) -> _Led:
    return (source.path,), Embedded(source)


def _rounds(
    waiting: list[_Led],
    trees: Trees,
    context: Context,
    census: Census,
    progress: Progress | None,
    parts: Iterable[Part],
    told: Iterator[Outline | None],
) -> Iterator[Reading]:
    """Yield what the formats make of texts, and of the documents in them, round by round; ``parts`` are made already.

    ``told`` is what copies say of the texts of the first round.
    """
    made: dict[tuple[int, str], list[Part]] = {}
    for part in parts:
        made.setdefault((part.depth, part.format), []).append(part)
    for depth in itertools.count(1):
        if not waiting and not any(of_round >= depth for of_round, _ in made):
            return
        if waiting and not budget.within(budget.EMBEDDED_DEPTH, depth, waiting[0][1].source.whole()):
            return
        documents = _recognise(waiting, trees, progress, told)
        waiting = []
        for row in sorted(registry.rows(), key=lambda row: row.name):
            ready = made.get((depth, row.name), [])
            if documents.get(row.name) or ready:
                found = documents.pop(row.name, [])
                at_once = not (ready or (row.apart and memory.kept()))  # what is kept is made again file by file
                own = list(_parts(row, depth, found, trees, context, census, at_once=at_once))
                del found
                for led in (led for part in own for led in _led_by(part, census)):
                    trees.waits(led[1].source)
                    waiting.append(led)
                reading = together([*ready, *own])
                _keep_what_speaks(reading)
                if row.looks:
                    process.give_back()  # what was said of all of its documents has just gone
                yield reading


def _parts(
    row: FormatRow,
    depth: int,
    found: list[tuple[Way, Document]],
    trees: Trees,
    context: Context,
    census: Census,
    *,
    at_once: bool,
) -> Iterator[Part]:
    """Yield what a format makes of its documents: of all together, or of those that one way leads to."""
    ways: dict[Way, list[Document]] = {}
    for way, document in found:
        ways.setdefault(() if at_once else way, []).append(document)
    for way, documents in ways.items():
        pieces = [[document] for document in documents] if row.apart else [documents]
        yield Part(
            depth, row.name, way, joined(census.counted(_done(row, piece, trees, context), piece) for piece in pieces)
        )


def _done(row: FormatRow, documents: list[Document], trees: Trees, context: Context) -> Reading:
    """Return what a format makes of its documents, which nobody needs then."""
    reading, faults = _made(row, documents, trees, context)
    trees.notices.extend(faults)
    trees.said_nothing(reading)
    trees.done(documents)
    return reading


def read_alone(source: Source, trees: Trees, context: Context) -> list[Part] | None:
    """Return what formats make of one file that shares nothing with others; ``None`` where it does, or anything is wrong."""
    found: list[Part] = []
    waiting = [_of_file(source)]
    census = Census([source])
    for depth in range(1, budget.EMBEDDED_DEPTH.most + 1):
        documents = _recognise(waiting, trees, None)
        rows = [row for row in registry.rows() if row.name in documents]
        if not all(row.apart for row in rows):
            return None
        parts = [
            part
            for row in rows
            for part in _parts(row, depth, documents[row.name], trees, context, census, at_once=False)
        ]
        if trees.notices or census.shares:
            return None
        waiting = [led for part in parts for led in _led_by(part, census)]
        for part in parts:
            _keep_what_speaks(part.reading)
        found += parts
        if not waiting:
            return found
    return None


def _led_by(part: Part, census: Census) -> Iterator[_Led]:
    """Yield the documents in a part's texts, each with the way to it; those that are repeated as far as they may be."""
    for number, embedded in census.led(part.reading.embedded):
        yield (part.format, *(part.way or (number,))), embedded


def _made(row: FormatRow, documents: list[Document], trees: Trees, context: Context) -> tuple[Reading, list[Notice]]:
    """Return what a format makes of its documents, from a memory that is open and has it."""
    return trees.again(f"reading of {row.name}", documents, lambda: _read(row, documents, context))


def _read(row: FormatRow, documents: list[Document], context: Context) -> tuple[Reading, list[Notice]]:
    try:
        return registry.load(row).read(documents, context), []
    except EndedError:
        raise
    except Exception as error:
        from dindguard.faults import read_apart

        return read_apart(documents, error, lambda some: _read(row, some, context))


def _keep_what_speaks(reading: Reading) -> None:
    """Keep the texts in which comments for us may stand, so that policy asks for them; what was unread has been told."""
    reading.unread = []
    reading.embedded = [each for each in reading.embedded if each.source.speaks or each.source.file.speaks]


def _recognise(
    waiting: Sequence[_Led], trees: Trees, progress: Progress | None, told: Iterator[Outline | None] = _NOTHING_TOLD
) -> dict[str, list[tuple[Way, Document]]]:
    documents: dict[str, list[tuple[Way, Document]]] = {}
    for index, (way, embedded) in enumerate(waiting):
        source = embedded.source
        if progress is not None and source.parent is None:
            progress(index + 1, len(waiting))
        about = (source, embedded.owner, embedded.content)
        outline = next(told, None)
        found = (
            trees.again("documents", about, partial(_owned, embedded, trees))
            if outline is None
            else trees.recall(source, outline)
        )
        for name, document in found:
            documents.setdefault(name, []).append((way, document))
    for _ in told:  # copies end with their last answer
        pass
    return documents


def _owned(embedded: Embedded, trees: Trees) -> list[tuple[str, Document]]:
    """Return the documents of a text, its owner's: an owner that is read again has the text recognised no second time."""
    owner = _container(embedded.owner)
    if owner is None or not memory.kept():
        return _documents_or_fault(embedded, trees)
    nobodys = replace(embedded, owner=None)
    about = (embedded.source, embedded.content)
    found = trees.again("nobody's documents", about, partial(_documents_or_fault, nobodys, trees))
    return [(name, replace(document, owner=owner)) for name, document in found]


def _documents_or_fault(embedded: Embedded, trees: Trees) -> list[tuple[str, Document]]:
    found = []
    try:
        for each in documents_of(embedded, trees):
            found.append(each)  # noqa: PERF402 - those before a fault count
    except Exception as error:
        from dindguard.faults import failed

        trees.notices.append(failed(embedded.source, error))
    return found


def documents_of(embedded: Embedded, trees: Trees) -> Iterator[tuple[str, Document]]:
    """Yield the documents of a source, each with the name of its format."""
    source, owner = embedded.source, _container(embedded.owner)
    if embedded.content is not None:
        yield source.hint, Document(source, embedded.content, owner)
        return
    text_format = trees.recogniser.text_format(source)
    if text_format is not None:
        trees.understood(source, text_format)
        trees.waits(source)
        yield text_format.name, Document(trees.plain(source, text_format.syntaxes[0]), None, owner)
    elif syntax := trees.recogniser.tree_syntax(source):
        for row, node in _recognise_tree(source, syntax, trees):
            trees.understood(source, row)
            yield row.name, _looked_at(row, Document(source, node, owner))
    else:
        trees.book.source_unread(source)
        trees.forget(source)


def _looked_at(row: FormatRow, document: Document) -> Document:
    """Return a document with what its format says of it at once; a reader that fails does so again when it reads it."""
    if not row.looks or memory.kept():
        return document
    try:
        return replace(document, seen=registry.load(row).look(document))
    except Exception:
        return document


def _recognise_tree(source: Source, syntax: str, trees: Trees) -> Iterator[tuple[FormatRow, Node]]:
    if source.size > _SHORT and trees.passed_over(source):
        return
    tree = trees.read(source, syntax)
    if not tree.readable and trees.recogniser.name_says_enough(source):
        trees.recognised(source)
    ours = False
    unread: list[Node] = []
    for node in tree.documents:
        claims = trees.recogniser.formats_of(source, node)
        node.every_key = None  # nobody asks what it is again
        if claims:
            ours = True
            trees.recognised(source)
            yield claims[0], node
        elif (idle := trees.recogniser.idle_format(source, node)) is not None:
            trees.understood(source, idle)
        else:
            unread.append(node)
        if len(claims) > 1:
            from dindguard.faults import ambiguous

            trees.notices.append(ambiguous(node, [row.name for row in claims]))
    for node in unread:
        trees.unread(source if len(tree.documents) + tree.passed_over == 1 else source.part(node.start, node.end))
    if not tree.documents and not tree.passed_over:
        trees.unread(source)
    if not ours:
        trees.forget(source)


def _container(owner: Any) -> Container | None:
    return owner if isinstance(owner, Container) else None
