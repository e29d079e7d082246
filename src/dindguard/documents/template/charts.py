"""Helm's charts: which one a template belongs to, the values it is rendered with by default, and its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from dindguard import budget
from dindguard.documents.syntax import is_library
from dindguard.documents.template.answers import NOTHING, Answer, Known, Unknown, of_node, truth
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.model.condition import Condition
from dindguard.source import Source, Span


class Files(Protocol):
    """The files below the scan's root, by paths with ``/`` relative to it. What is opened has been read as well."""

    def open(self, path: str) -> Source | None:
        """Return a file's text; ``None`` when it is missing, outside the root or no text."""

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a folder."""

    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders in a folder."""


Compose = Callable[[Source], Node | None]
"""Reads the first document of a YAML file; ``None`` when there is none."""


class Chart:
    """One chart. ``values`` are its own under those that its parent gives it, ``global`` among them."""

    def __init__(
        self, folder: str, files: Files, compose: Compose, parent: Chart | None, more: Node | None = None
    ) -> None:
        self.folder = folder
        self.parent = parent
        self._files = files
        self._compose = compose
        self.metadata = self._read("Chart.yaml")
        self.name = self.metadata["name"].content if self.metadata is not None else ""
        self._more = more
        self.values = self._values()

    def _read(self, name: str) -> Node | None:
        source = self._files.open(f"{self.folder}/{name}".lstrip("/"))
        return self._compose(source) if source is not None else None

    def given(self, values: Node) -> Chart:
        """Return the chart with further values on top of its own."""
        return Chart(self.folder, self._files, self._compose, self.parent, values)

    def _own(self) -> Node | None:
        own = self._read("values.yaml")
        return own if self._more is None else self._more if own is None else overlaid(own, self._more)

    def _values(self) -> Node | None:
        own = self._own()
        above = self.parent.values if self.parent is not None else None
        if above is None:
            return own
        given = above[self._alias()]
        values = overlaid(own, given) if given.is_mapping and own is not None else own or given
        shared = above["global"]
        return values if not shared.is_mapping or values is None else _with_global(values, shared)

    def _alias(self) -> str:
        dependency = self.dependency
        return dependency["alias"].content or self.name if dependency is not None else self.name

    @property
    def dependency(self) -> Node | None:
        """The entry in the parent's list of dependencies that names it."""
        parent = self.parent
        if parent is None:
            return None
        return next((each for each in parent.dependencies() if each["name"].content == self.name), None)

    def dependencies(self) -> list[Node]:
        """Return the entries of its dependencies, of the old file as well."""
        found = self.metadata["dependencies"].items() if self.metadata is not None else []
        old = self._read("requirements.yaml") if not found else None
        return found or (old["dependencies"].items() if old is not None else [])

    def conditions(self) -> tuple[Condition, ...]:
        """Return what its parents' values must say for it to be there, where they do not; the outermost first.

        A dependency's ``condition`` names values, of which the first that is there decides; without any it is there.
        """
        if self.parent is None:
            return ()
        above, dependency, values = self.parent.conditions(), self.dependency, self.parent.values
        named = dependency["condition"] if dependency is not None else None
        if named is None or not named.content or values is None:
            return above
        for path in named.content.split(","):
            node = values.at(*path.strip().split("."))
            if node.present:
                if truth(of_node(node)) is not False:
                    break
                return (*above, Condition(path.strip(), named.span, False, f"{self.folder}: {named.content}"))
        return above

    def field(self, name: str) -> Answer:
        """Return what ``.Values``, ``.Chart`` and their like stand for."""
        if name == "Values":
            return of_node(self.values) if self.values is not None else Unknown(".Values")
        if name == "Chart":
            return Known(_Metadata(self.metadata)) if self.metadata is not None else Unknown(".Chart")
        return Unknown(f".{name}")

    @property
    def has_charts_below(self) -> bool:
        """Whether charts lie in its folder that get a part of its values, named among its dependencies or not."""
        return "charts" in self._files.folders(self.folder or ".")

    def library_folders(self) -> Iterator[str]:
        """Yield the folders that named templates may come from: its own, its dependencies', its parents'."""
        yield self.folder
        above = self.folder.rpartition("/")[0]
        for dependency in self.dependencies():
            name, repository = dependency["name"].content, dependency["repository"].content
            if repository.startswith("file://"):
                yield _joined(self.folder, repository.removeprefix("file://"))
            yield f"{self.folder}/charts/{name}".lstrip("/")
            yield f"{above}/{name}".lstrip("/")
        if self.parent is not None:
            yield from self.parent.library_folders()

    def template_files(self, folder: str) -> Iterator[str]:
        """Yield the template files of a chart's folder, libraries of named templates first."""
        chart = _start_of(f"{folder}/Chart.yaml".lstrip("/"))
        found = [*_below(f"{folder}/templates".lstrip("/"), self._files, chart)]
        found.sort(key=lambda path: not is_library(path))
        yield from budget.fitting(budget.TEMPLATE_FILES, found, 1, chart)


class _Metadata:
    """``.Chart``: the keys of Chart.yaml, the first letter large."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def field(self, name: str) -> Answer:
        """Return the value of a key."""
        key = "apiVersion" if name == "APIVersion" else name[:1].lower() + name[1:]
        return of_node(self._node[key]) if self._node[key].present else NOTHING


class Charts:
    """The charts of a scan, each read once."""

    def __init__(self, files: Files, compose: Compose) -> None:
        self._files = files
        self._compose = compose
        self._charts: dict[str, Chart | None] = {}

    def of_template(self, path: str) -> Chart | None:
        """Return the chart whose ``templates`` folder holds the file."""
        folder = path.rpartition("/")[0]
        while True:
            above, _, name = folder.rpartition("/")
            if name == "templates":
                return self.at(above)
            if not folder:
                return None
            folder = above
        return None

    def at(self, folder: str) -> Chart | None:
        """Return the chart of a folder; ``None`` when it has no Chart.yaml."""
        if folder not in self._charts:
            self._charts[folder] = None  # while it is read
            if "Chart.yaml" in self._files.listing(folder or "."):
                above, _, name = folder.rpartition("/")[0].rpartition("/")
                parent = self.at(above) if name == "charts" and self._follows(folder) else None
                self._charts[folder] = Chart(folder, self._files, self._compose, parent)
        return self._charts[folder]

    def _follows(self, folder: str) -> bool:
        """Whether the charts above a chart are read, or too many of them lie in each other."""
        return budget.within(budget.CHART_DEPTH, folder.count("/charts/"), _start_of(f"{folder}/Chart.yaml"))


def _start_of(path: str) -> Span:
    """Return the place where a file begins, opened or not."""
    return Source(path, "").span(0, 0)


def _below(folder: str, files: Files, chart: Span, depth: int = 0) -> Iterator[str]:
    for name in files.listing(folder):
        if name.endswith((".tpl", ".yaml", ".yml", ".txt")) or name.startswith("_"):
            yield f"{folder}/{name}"
    below = files.folders(folder)
    if below and budget.within(budget.TEMPLATE_FOLDERS, depth + 1, chart):
        for name in below:
            yield from _below(f"{folder}/{name}", files, chart, depth + 1)


def _joined(folder: str, relative: str) -> str:
    parts = folder.split("/") if folder else []
    for part in relative.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def overlaid(base: Node, over: Node) -> Node:
    """Return ``base`` with what ``over`` says put in its place, mappings key by key; a null takes a key away."""
    if not (base.is_mapping and over.is_mapping):
        return over

    def pairs(_: Node) -> Pairs:
        found = {key.content: (key, value) for key, value in base.pairs()}
        for key, value in over.pairs():
            if value.is_null:
                found.pop(key.content, None)
            else:
                below = found.get(key.content)
                found[key.content] = (key, overlaid(below[1], value) if below is not None else value)
        return list(found.values())

    return Node(Kind.MAPPING, base.source, base.start, base.end, route=base.route, children=pairs)


def _with_global(values: Node, shared: Node) -> Node:
    own = values["global"]
    both = overlaid(own, shared) if own.is_mapping else shared
    pairs = [(key, value) for key, value in values.pairs() if key.content != "global"]
    return values.with_pairs([*pairs, (shared.key or shared, both)])
