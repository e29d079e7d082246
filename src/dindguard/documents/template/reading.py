"""Templates of a scan into located trees: each with its chart's values and named templates, where it has a chart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dindguard.documents import yaml
from dindguard.documents.syntax import is_library
from dindguard.documents.template import detection
from dindguard.documents.template.actions import Dialect
from dindguard.documents.template.answers import Answer, Known, Unknown
from dindguard.documents.template.blocks import Block
from dindguard.documents.template.charts import Chart, Charts, Files
from dindguard.documents.template.frames import Frame
from dindguard.documents.template.library import Calls, Named, Taken
from dindguard.documents.template.neutral import blank
from dindguard.documents.template.template import Template
from dindguard.documents.template.value_sets import ValueSet, ValueSets, default_condition, takes_from
from dindguard.documents.template.view import Around, View
from dindguard.documents.tree import Node
from dindguard.documents.yaml import Tree
from dindguard.model.condition import Condition
from dindguard.patterns import regex
from dindguard.source import Source, Span

if TYPE_CHECKING:
    from dindguard.documents.template.roles import Roles


class Templates:
    """Reads templates. ``files`` gives what they refer to, below the scan's root only."""

    def __init__(self, files: Files, called: dict[str, Template] | None = None) -> None:
        """``called`` are templates that others may call, where several readers of the same files share them."""
        self._files = files
        self._opened: set[str] = set()  # by charts, for their templates
        self._read = {} if called is None else called
        self._taken: dict[str, Taken] = {}
        self._name_nothing: set[str] = set()  # templates without named ones, which need not be opened again
        self.let_go()

    def let_go(self) -> None:
        """Let go of charts, values and named templates, which are read again for whoever asks, but not of what was taken."""
        self._charts = Charts(self._files, self._first_document)
        self._sets = ValueSets(self._files, self._first_document)
        self._libraries: dict[str, Named] = {}
        self._roles: Roles | None = None
        if len(self._read) > _CALLED:
            self._read.clear()

    def tree(self, source: Source, read: Callable[[Source], Tree]) -> Tree:
        """Return the tree of a text that may be a template: what ``read`` makes of it as long as it is none.

        A text that the plain reader understands is a template when its name or its chart says so, or when an action
        stands where only a value can stand.
        """
        if not detection.may_be_template(source) and detection.by_name(source.path) is None:
            return read(source)
        dialect = self._told(source)
        if dialect is not None:
            return self.read(source, dialect)
        plain = yaml.read_part(source, source.text, 0)
        if plain.readable and not plain.bare_braces:
            return plain
        dialect = detection.by_text(source.text)
        templated = self.read(source, dialect) if dialect is not None else Tree(source)
        return templated if templated.documents else read(source)

    def _told(self, source: Source) -> Dialect | None:
        """Return the language of a text whose name or whose chart says that it is a template."""
        if source.parent is not None:
            return None
        chart = self._charts.of_template(source.path)
        return Dialect.GO if chart is not None else detection.by_name(source.path)

    def read(self, source: Source, dialect: Dialect) -> Tree:
        """Return the documents that a template writes; notices tell what could not be read without rendering it."""
        template = self._read.get(source.path) if source.parent is None else None
        template = template or Template(source, dialect)
        chart = self._charts.of_template(source.path) if source.parent is None else None
        library = Calls(self._library(chart, template), template)
        tree = Tree(source)
        frame = Frame(template, self._role(source) or _root(chart), library)
        named = chart is not None and bool(template.defines)
        if not (named and is_library(source.path)):
            sets = self._sets.of(chart) if chart is not None else ()
            held = (*chart.conditions(), *default_condition(sets)) if chart is not None else ()
            tree.documents.extend(_documents(template, frame, held=held))
            for each in sets:
                tree.documents.extend(self._with(each, template))
            tree.notices.extend(template.notices)
        if named and not tree.documents:
            tree.once = True  # what nobody has called so far
            tree.documents.extend(_unused(template, frame, library.named))
        return tree

    def _role(self, source: Source) -> Answer | None:
        """Return what the variables of an Ansible role's template hold; ``None`` for any other text."""
        if source.parent is not None or not source.path.endswith(_JINJA) or "templates/" not in source.path:
            return None
        if self._roles is None:
            from dindguard.documents.template.roles import Roles

            self._roles = Roles(self._files, lambda each: next(iter(yaml.read(each).documents), None))
        role = self._roles.of_template(source.path)
        return Known(role) if role is not None else None

    def _with(self, given: ValueSet, template: Template) -> Iterator[Node]:
        """Yield the documents that take something from another set of values."""
        library = Calls(self._library(given.chart, template), template)
        frame = Frame(template, Known(given.chart), library)
        for document in _documents(template, frame, held=(*given.chart.conditions(), given.condition)):
            if takes_from(document, given.path):
                yield document

    def _first_document(self, source: Source) -> Node | None:
        self._opened.add(source.path)
        return next(iter(yaml.read(source).documents), None)

    def text(self, source: Source, syntax: str) -> Source:
        """Return a template of a script or a Dockerfile with values and variables for its actions, at their places.

        ``syntax`` is that of what the template makes.
        """
        dialect = detection.by_name(source.path) or detection.by_text(source.text)
        if dialect is None or dialect is Dialect.ENVSUBST:
            return source
        from dindguard.documents.template.texts import plain_text

        template = Template(source, dialect)
        calls = Calls(Named([template], iter(())), template)
        role = self._role(source)
        deciding = Frame(template, role, calls) if role is not None else None
        return plain_text(Frame(template, _root(None), calls), syntax, deciding)

    def of_chart(self, source: Source) -> bool:
        """Whether a text is one of a chart's templates, which are read with each other's named templates."""
        return source.parent is None and self._charts.of_template(source.path) is not None

    def uses(self, path: str) -> bool:
        """Whether a chart's templates take something from a file, or may call what it names."""
        return path in self._opened

    @property
    def noted(self) -> tuple[set[str], dict[str, tuple[set[Span], set[tuple[str, int]]]]]:
        """The files that charts' templates use, and what they took by the charts' folders, as of :class:`Taken`."""
        taken = {folder: (set(each.places), set(each.grafted)) for folder, each in self._taken.items()}
        return set(self._opened), taken

    def note(
        self, used: Iterable[str], taken: Mapping[str, tuple[Iterable[Span], Iterable[tuple[str, int]]]]
    ) -> None:
        """Note what templates use and took in another process."""
        self._opened.update(used)
        for folder, (places, grafted) in taken.items():
            own = self._taken.setdefault(folder, Taken())
            own.places.update(places)
            own.grafted.update(grafted)

    def not_used(self, source: Source) -> Source | None:
        """Return a text without what the charts' templates took from it so far, at the same places: blanks are there.

        That is the values that stand in their documents, and the named templates that they call. ``None`` for a text
        that no chart has a use for.
        """
        if source.path not in self._opened:
            return None
        places = {place for taken in self._taken.values() for place in taken.places if place.path == source.path}
        taken = [
            (source.offset(each.line, each.column), source.offset(each.end_line, each.end_column)) for each in places
        ]
        called = {start for each in self._taken.values() for path, start in each.grafted if path == source.path}
        branches = self._called(source).blocks.branches if called else ()
        taken += [(block.start, block.end) for block in branches if block.start in called]
        taken += self._unasked(source)
        return Source(source.path, _without(source.text, sorted(taken)))

    def _unasked(self, source: Source) -> list[tuple[int, int]]:
        """Return what of a chart's own values no template of it names."""
        folder, _, name = source.path.rpartition("/")
        chart = self._charts.at(folder) if name == "values.yaml" else None
        if chart is None:
            return []
        from dindguard.documents.template import unasked

        folders = dict.fromkeys(chart.library_folders())
        texts = (self._files.open(path) for each in folders for path in chart.template_files(each))
        return unasked.places(chart, (text for text in texts if text is not None), source)

    def _library(self, chart: Chart | None, template: Template) -> Named:
        if chart is None:
            return Named([template], iter(()))
        if chart.folder not in self._libraries:
            taken = self._taken.setdefault(chart.folder, Taken())
            self._libraries[chart.folder] = Named([], self._named(chart), taken)
        return self._libraries[chart.folder]

    def _named(self, chart: Chart) -> Iterator[Template]:
        """Yield the templates whose named templates a chart may call, the likeliest first."""
        for folder in dict.fromkeys(chart.library_folders()):
            for path in chart.template_files(folder):
                source = self._files.open(path) if path not in self._name_nothing else None
                if source is None or not _DEFINES.search(source.text):
                    self._name_nothing.add(path)
                    continue
                self._opened.add(path)
                yield self._called(source)

    def _called(self, source: Source) -> Template:
        """Return a template of a chart that others may call."""
        if source.path not in self._read:
            self._read[source.path] = Template(source, Dialect.GO)
        return self._read[source.path]


_JINJA = (".j2", ".jinja", ".jinja2")
_CALLED = 200
"""More templates that others may call are not kept for a next chart."""

_DEFINES = regex(r"\{\{-?\s*(?:define|block)\b")


def _without(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in ranges:
        if end > at:
            pieces += (text[at : max(start, at)], blank(text[max(start, at) : end]))
            at = end
    pieces.append(text[at:])
    return "".join(pieces)


def _root(chart: Chart | None) -> Answer:
    return Known(chart) if chart is not None else Unknown("")


def _documents(
    template: Template, frame: Frame, block: Block | None = None, held: Sequence[Condition] = ()
) -> Iterator[Node]:
    view = View()
    raws: list[Node | None] = [*template.documents(block)]
    start, end = template.body(block)
    starts = [start, *(raw.start for raw in raws[1:] if raw is not None), end]
    for index, raw in enumerate(raws or [None]):
        around = Around(frame, starts[index], starts[index + 1], block or template.blocks.root).under(held)
        node = view.document(raw, around)
        if node is not None:
            yield node


def _unused(template: Template, frame: Frame, library: Named) -> Iterator[Node]:
    """Yield what named templates write that no document has been given so far."""
    from dindguard.documents.template.unused import as_document

    for name, block in template.defines.items():
        if (template.source.path, block.start) not in library.grafted:
            found = (as_document(name, body) for body in _documents(template, frame, block))
            yield from (document for document in found if document is not None)
