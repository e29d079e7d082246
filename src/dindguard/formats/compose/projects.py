"""Which files of a scan make a project, as somebody would start it.

A project is a folder's default pair (base and override), or the set that ``COMPOSE_FILE`` in the folder's ``.env``
names. A file that is complete is a project of its own; a fragment is merged over its folder's base. Files that
another one includes belong to that one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial

from dindguard import budget
from dindguard.documents.tree import Node, Pairs
from dindguard.formats.compose import merging
from dindguard.formats.compose.files import Files, folder_of, resolve, wrapped
from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.formats.compose.loading import Loaded, Loader
from dindguard.model.values import Text
from dindguard.records import record
from dindguard.source import Span

BASE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""The names that Compose looks for, in this order; the first one counts."""

OVERRIDE_NAMES = (
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip


SHARED = 4
"""How often what projects share may be read again, for each character of all Compose files; real trees do it once at most."""


@record
class Project:
    """A loaded project: its main file, its folder, and the merged document."""

    path: str
    folder: str
    root: Node

    @property
    def services(self) -> Pairs:
        """Names and services: as many as are read of one project."""
        return self.root["services"].pairs()[: budget.COMPOSE_SERVICES.most]

    @property
    def span(self) -> Span:
        """Where its services begin."""
        return self.root["services"].key_span if "services" in self.root else self.root.span


def projects_of(files: Files) -> list[Project]:
    """Return every project that has a given file in it, in the order of folders and names."""
    return list(_Grouping(files).projects())


_ORIGINS = ("image", "build", "extends", "provider")
"""What tells where a service's image comes from."""


class _Grouping:
    def __init__(self, files: Files) -> None:
        self._files = files
        self._covered: set[str] = set()
        self._seen: set[str] = set()
        self._parts = self._referred("include")
        self._targets = self._referred("extends")
        self._room = budget.Room()
        self._loads: set[str] = set()
        self._again = 0

    def projects(self) -> Iterator[Project]:
        given = sorted(self._files.given)
        for folder in sorted({folder_of(path) for path in given}):
            for above in _ancestors(folder):
                if above in self._seen:
                    break  # and so are those above it
                yield from self._main(above)
        beside: dict[str, list[str]] = {}
        for path in given:
            beside.setdefault(folder_of(path), []).append(path)
        for path in given:
            if path not in self._covered and path not in self._parts:
                yield from self._other(path, beside[folder_of(path)])
        for document in self._files.embedded:
            yield from self._embedded(document.source.path, document.content)
        for path in sorted(given, key=lambda path: (path.count("/"), path)):
            if path not in self._covered and path not in self._targets:
                yield from self._load([path], path, folder_of(path))  # files that include each other

    def _main(self, folder: str) -> Iterator[Project]:
        """Yield the project that Compose starts in a folder when nobody names a file."""
        self._seen.add(folder)
        named = self._named_set(folder)
        base = self._base(folder)
        main = named or ([base, *self._override(folder)] if base else [])
        if any(path in self._files.given for path in main) and not set(main) <= self._parts:
            yield from self._load(main, main[0], folder)
            self._covered.update(main)

    def _other(self, path: str, siblings: list[str]) -> Iterator[Project]:
        if path in self._targets and self._unfinished(path):
            return  # a template that others extend; alone, or over a base, nobody starts it
        below = self._below(path, siblings)
        paths = [*below, path]
        yield from self._load(paths, path, folder_of(paths[0]))

    # -- which files --------------------------------------------------------------------------------

    def _base(self, folder: str) -> str | None:
        names = self._files.context.listing(folder)
        found = next((name for name in BASE_NAMES if name in names), None)
        return None if found is None else _join(folder, found)

    def _override(self, folder: str) -> list[str]:
        names = self._files.context.listing(folder)
        return [_join(folder, name) for name in OVERRIDE_NAMES if name in names][:1]

    def _named_set(self, folder: str) -> list[str]:
        """Return the files that ``COMPOSE_FILE`` in the folder's ``.env`` names, if all are there."""
        variables = self._files.folder_variables(folder)
        written = variables.get("COMPOSE_FILE")
        if written is None or not written.value:
            return []
        separator = variables.get("COMPOSE_PATH_SEPARATOR")
        sign = (separator.value if separator is not None else None) or (";" if ";" in written.value else ":")
        found = [resolve(folder, name.strip()) for name in written.value.split(sign) if name.strip()]
        known = [path for path in found if path is not None and self._files.documents(path)]
        return known if len(known) == len(found) else []

    def _below(self, path: str, siblings: list[str]) -> list[str]:
        """Return what a fragment is merged over: its folder's base, the one above, or the only file that fits."""
        missing = self._unfinished(path)
        if not missing:
            return []
        for base in (self._base(folder_of(path)), self._base(folder_of(folder_of(path)))):
            if base is not None and base != path and missing & self._services(base).keys():
                return [base]
        if self._base(folder_of(path)) not in (None, path):
            return []
        able = [
            other
            for other in siblings
            if other != path and missing <= self._services(other).keys() - self._unfinished(other)
        ]
        return able if len(able) == 1 else []

    def _services(self, path: str) -> dict[str, Node]:
        roots = self._files.documents(path)
        return {key.content: service for root in roots for key, service in root["services"].pairs()}

    def _unfinished(self, path: str) -> set[str]:
        """Return the names of services that say nothing about where their image comes from."""
        return {name for name, service in self._services(path).items() if not service.has_any(_ORIGINS)}

    def _referred(self, kind: str) -> set[str]:
        """Return the files that others include, or extend services of, as far as no variable hides it."""
        found: set[str] = set()
        for path in self._files.given:
            if not any(kind in root.source.text for root in self._files.documents(path)[:1]):
                continue
            for root in self._files.documents(path):
                written = _includes(root) if kind == "include" else _extends(root)
                resolved = (resolve(folder_of(path), node.content) for node in written)
                found.update(other for other in resolved if other is not None and other != path)
        return found

    # -- loading ------------------------------------------------------------------------------------

    def _load(self, paths: list[str], main: str, started_in: str) -> Iterator[Project]:
        spent = self._again > budget.COMPOSE_SHARED.most and self._again > self._shareable
        if spent and not self._loads.isdisjoint(paths):
            budget.met(budget.COMPOSE_SHARED, self._files.documents(main)[0])
            return
        kind = ("Compose project", tuple(paths), main, started_in, spent)
        projects, loaded = self._files.again(kind, (), partial(self._loaded, paths, main, started_in, alone=spent))
        self._covered |= {*loaded.included, main}
        for path, characters in loaded.taken.items():
            first = self._files.size(path) if path not in self._loads else 0
            self._again += max(0, characters - first)
            self._loads.add(path)
        yield from map(self._fitting, projects)

    @cached_property
    def _shareable(self) -> int:
        """Return how many characters may be read again, by what all files of the scan have."""
        return SHARED * sum(map(self._files.size, self._files.given))

    def _fitting(self, project: Project) -> Project:
        """Return a project with as many services as its file may describe beside those of the others."""
        services, written = project.services, project.root["services"]
        path = (written.key or written).source.path
        most = self._room.take(path, self._files.size(path), len(services))
        if most == len(services):
            return project
        budget.met(budget.DESCRIBED_CONTAINERS, services[most][0])
        kept = project.root["services"].with_pairs(services[:most])
        return Project(project.path, project.folder, merging.with_value(project.root, "services", kept))

    def _loaded(self, paths: list[str], main: str, started_in: str, *, alone: bool) -> tuple[list[Project], Loaded]:
        folder = folder_of(paths[0])
        variables = self._files.folder_variables(folder)
        if folder != started_in:
            variables = {**variables, **self._files.folder_variables(started_in)}
        scope = ComposeScope({**self._project_name(paths), **variables}, folder)
        loaded = Loader(self._files, alone=alone).load(paths, scope)
        return list(_project(main, folder, loaded)), loaded

    def _project_name(self, paths: list[str]) -> dict[str, Text]:
        """Return the variable that Compose sets itself, if a file names the project."""
        roots = [root for path in paths for root in self._files.documents(path)]
        names = [root["name"].typed for root in roots if root["name"].is_scalar and "$" not in root["name"].content]
        return {"COMPOSE_PROJECT_NAME": names[-1]} if names else {}

    def _embedded(self, path: str, content: object) -> Iterator[Project]:
        if isinstance(content, Node) and content.is_mapping:
            folder = folder_of(path)
            scope = ComposeScope({}, folder)
            loaded = Loader(self._files).load_documents([wrapped(content)], scope, path)
            yield from _project(path, folder, loaded)


def _project(path: str, folder: str, loaded: Loaded) -> Iterator[Project]:
    if loaded.root is not None:
        yield Project(path, folder, loaded.root)


def _includes(root: Node) -> list[Node]:
    items = root["include"].listed()
    return [node for item in items for node in (item["path"] if item.is_mapping else item).listed()]


def _extends(root: Node) -> list[Node]:
    files = [service["extends"]["file"] for service in root["services"].values()]
    return [file for file in files if file.is_scalar]


def _ancestors(folder: str) -> Iterator[str]:
    """Yield a folder and those above it, the root last."""
    yield folder
    while folder:
        folder = folder_of(folder)
        yield folder


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
