"""Recognise sources and read them with their formats, and the documents inside them, round by round."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dindguard import budget, discover
from dindguard.formats import FORMATS, Context, Document, Reading, load, shapes
from dindguard.model.container import Container
from dindguard.records import replace
from dindguard.source import Embedded, Gravity, Notice, Source

if TYPE_CHECKING:
    from dindguard.documents.yaml import Tree

Progress = Callable[[int, int], None]


def read_all(
    sources: Iterable[Source],
    files: discover.Files,
    type_overrides: Sequence[tuple[str, str]] = (),
    progress: Progress | None = None,
) -> tuple[list[Reading], list[Notice]]:
    """Recognise and read every source, and the documents inside them, round by round.

    ``type_overrides`` maps file name patterns to format names; ``progress`` is called with files done and in all.
    """
    trees = _Trees(files)
    context = Context(files.open, trees.tree, files.listing, files.relative)
    readings: list[Reading] = []
    waiting = [Embedded(source) for source in sources]
    with budget.opened() as ledger:
        for depth in itertools.count(1):
            if not waiting or not budget.within(budget.EMBEDDED_DEPTH, depth, waiting[0].source.whole()):
                break
            documents = _recognise(waiting, trees, type_overrides, progress)
            waiting = []
            for name in FORMATS:
                if documents.get(name):
                    reading = load(name).read(documents[name], context)
                    readings.append(reading)
                    waiting.extend(reading.embedded)
    notices = [*trees.all_notices(), *ledger.notices]
    for reading in readings:
        notices.extend(reading.notices)
    return readings, notices


class _Trees:
    """Parsed YAML and JSON, each text once."""

    def __init__(self, files: discover.Files) -> None:
        self._files = files
        self._trees: dict[int, tuple[Source, Tree]] = {}
        self._ours: set[int] = set()
        self._forgotten: set[int] = set()

    def read(self, source: Source, syntax: shapes.Syntax) -> Tree:
        """Return the tree of a source."""
        if id(source) not in self._trees:
            if syntax is shapes.Syntax.JSON:
                from dindguard.documents import json as reader
            elif syntax is shapes.Syntax.TOML:
                from dindguard.documents import toml as reader  # type: ignore[no-redef]  # the same signature
            else:
                from dindguard.documents import yaml as reader  # type: ignore[no-redef]  # the same signature
            self._trees[id(source)] = (source, reader.read(source))
        return self._trees[id(source)][1]

    def forget(self, source: Source) -> None:
        """Drop the documents of a source that no format wants; what refers to it has it read again."""
        self._trees[id(source)][1].forget()
        self._forgotten.add(id(source))

    def tree(self, path: str) -> Tree | None:
        """Return the tree of a file that another one refers to; ``None`` when there is none."""
        source = self._files.open(path)
        if source is None:
            return None
        if id(source) in self._forgotten:
            self._forgotten.remove(id(source))
            del self._trees[id(source)]
        syntax = shapes.syntax_of(source) or shapes.Syntax.YAML
        tree = self.read(source, shapes.Syntax.JSON if syntax is shapes.Syntax.JSON else shapes.Syntax.YAML)
        self._ours.add(id(source))
        return tree

    def recognised(self, source: Source) -> None:
        """Note that a source is ours, so that its faults count."""
        self._ours.add(id(source))

    def all_notices(self) -> list[Notice]:
        """Return what went wrong, errors only for files that are ours as far as anyone can tell."""
        notices = []
        for key, (_, tree) in self._trees.items():
            for notice in tree.notices:
                ours = key in self._ours or notice.gravity is not Gravity.ERROR
                notices.append(notice if ours else replace(notice, gravity=Gravity.NOTE))
        return notices


def _recognise(
    waiting: Sequence[Embedded],
    trees: _Trees,
    type_overrides: Sequence[tuple[str, str]],
    progress: Progress | None,
) -> dict[str, list[Document]]:
    documents: dict[str, list[Document]] = {}
    for index, embedded in enumerate(waiting):
        source = embedded.source
        owner: Any = embedded.owner
        if progress is not None and source.parent is None:
            progress(index + 1, len(waiting))
        forced = _forced(source, type_overrides)
        syntax = shapes.syntax_of(source) if forced is None else None
        text_format = forced if forced in ("shell", "dockerfile", "makefile") else shapes.text_format(source)
        if syntax is shapes.Syntax.TEXT or forced == text_format is not None:
            documents.setdefault(text_format or "", []).append(Document(source, None, _container(owner)))
        elif syntax is not None or forced is not None:
            _recognise_tree(source, syntax or shapes.Syntax.YAML, forced, owner, trees, documents)
    return documents


def _recognise_tree(
    source: Source,
    syntax: shapes.Syntax,
    forced: str | None,
    owner: Any,
    trees: _Trees,
    documents: dict[str, list[Document]],
) -> None:
    tree = trees.read(source, syntax)
    if not tree.readable and shapes.name_is_ours(source):
        trees.recognised(source)
    ours = False
    for node in tree.documents:
        name = forced or shapes.document_format(source, node)
        if name is not None:
            ours = True
            trees.recognised(source)
            documents.setdefault(name, []).append(Document(source, node, _container(owner)))
    if not ours:
        trees.forget(source)


def syntax_name(source: Source, type_overrides: Sequence[tuple[str, str]] = ()) -> str:
    """Return how a text is read: ``shell``, ``dockerfile``, ``makefile``, ``yaml``, ``json``, ``toml``; else ``""``."""
    forced = _forced(source, type_overrides)
    if forced in ("shell", "dockerfile", "makefile"):
        return forced
    syntax = shapes.syntax_of(source)
    if syntax is shapes.Syntax.TEXT:
        return shapes.text_format(source) or ""
    return syntax.value if syntax is not None else "yaml" if forced else ""


def _container(owner: Any) -> Container | None:
    return owner if isinstance(owner, Container) else None


def _forced(source: Source, overrides: Sequence[tuple[str, str]]) -> str | None:
    if source.parent is not None or not overrides:
        return None
    from fnmatch import fnmatchcase

    return next((name for pattern, name in overrides if fnmatchcase(source.path, pattern)), None)
