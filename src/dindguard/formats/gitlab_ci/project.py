"""The files of one GitLab pipeline: the main file with its local includes, merged as GitLab does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from dindguard import budget
from dindguard.budget.stocks import Shared
from dindguard.documents import yaml
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document
from dindguard.formats.gitlab_ci.inputs import Inputs, key_with_inputs
from dindguard.formats.gitlab_ci.merging import Merger
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.source import Notice, Source, Span

MAIN_NAME = ".gitlab-ci.yml"
_OWN_COMPONENT = regex(r".*\$\{?CI_PROJECT_PATH\}?/(?P<name>[\w-]+)@")
_WILDCARD = regex(r"(\*\*/?|\*)")
_COMMENTED = regex(r"\s*#\s*(?:-\s*)?(?:local:\s*)?(['\"]?)/?(?P<path>[\w.-]+(?:/[\w.-]+)*\.ya?ml)\1\s*")
"""An ``include`` of this repository that a comment sign turns off."""

_ELSEWHERE = ("project", "remote", "template", "component")


@record
class File:
    """One file: its configuration, and the header document that declares its inputs."""

    path: str
    config: Node
    header: Node | None = None

    @property
    def declared(self) -> Node:
        """The mapping below ``spec: inputs:``, or a hole."""
        return (self.header or self.config.hole("")).at("spec", "inputs")


class Project:
    """One pipeline's merged configuration.

    ``complete`` tells that everything it includes was read; ``scopes`` has the inputs of every file that declares
    some, by path; ``files`` the paths of all files that were merged; ``includes`` counts them, repetitions too;
    ``names`` are those of the jobs, and of other settings, that they bring; ``merger`` is what merges all of it.
    """

    def __init__(self, path: str, root: Node) -> None:
        self.path = path
        self.root = root
        self.complete = True
        self.notices: list[Notice] = []
        self.scopes: dict[str, Inputs] = {}
        self.files: set[str] = set()
        self.includes = 0
        self.names: set[str] = set()
        self.merger = Merger()


def files_of(documents: Sequence[Document]) -> list[File]:
    """Join the documents of each source into files."""
    by_source: dict[Source, list[Document]] = {}
    for document in documents:
        by_source.setdefault(document.source, []).append(document)
    files = []
    for found in by_source.values():
        nodes = [document.content for document in found if isinstance(document.content, Node)]
        files += _file(found[0].source, nodes)
    return files


def _file(source: Source, nodes: list[Node]) -> list[File]:
    """Return the file that a source is: the last document is its configuration, one with ``spec`` its header."""
    if "$[[" in source.text and not any("spec" in node for node in nodes):
        nodes = yaml.read(source).documents or nodes
    header = next((node for node in nodes if node["spec"].is_mapping), None)
    configs = [node for node in nodes if node.is_mapping and node is not header]
    if configs:
        return [File(source.path, configs[-1], header)]
    return [File(source.path, header, header)] if header is not None else []


class Loader:
    """Finds the projects among the files of a scan, and merges each with what it includes."""

    def __init__(self, files: Iterable[File], context: Context) -> None:
        self.context = context
        self.files: dict[str, File | None] = {}
        self.embedded: list[File] = []
        for file in files:
            if file.config.source.parent is None:
                self.files[file.path] = file
            else:
                self.embedded.append(file)
        self.consumed: set[str] = set()
        self.notices: list[Notice] = []
        self._comments: dict[str, dict[str, Span]] = {}
        self._found: dict[str, list[str]] = {}
        self._compared = 0
        sizes = (file.config.source.size for file in self.files.values() if file is not None)
        self._shared = Shared(budget.SHARED_FILES, sum(sizes))

    def projects(self) -> Iterator[Project]:
        """Yield every project: main files first, then those that no other file includes, then the rest.

        A pipeline that is embedded in another document is a project of its own.
        """
        for file in self.embedded:
            project = Project(file.path, file.config)
            project.root = self._load(file, None, project, ())
            yield project
        paths = list(self.files)
        for path in paths:
            if path.rpartition("/")[2] == MAIN_NAME:
                yield from self._with_children(path)
        others = [path for path in paths if path not in self.consumed and not self._switched_off(path)]
        included = {target for path in others for target in self._direct_includes(path)}
        for path in sorted(others, key=lambda path: path in included):
            yield from self._with_children(path)

    def _switched_off(self, path: str) -> bool:
        """Whether the main file names a file that it does not include in a comment only; it is told."""
        main = next((base for base in self._bases(path) if self.files.get(base + MAIN_NAME) is not None), None)
        if main is None:
            return False
        source = self.files[main + MAIN_NAME].config.source  # type: ignore[union-attr]
        at = self._commented(source).get(path.removeprefix(main))
        if at is None:
            return False
        message = f"the jobs of '{path}' are left out: its include is commented out"
        self.notices.append(Notice("unresolved", message, at))
        return True

    def _commented(self, source: Source) -> dict[str, Span]:
        """Return the files of which a comment of a main file holds the include, with its place."""
        if source.path not in self._comments:
            found: dict[str, Span] = {}
            offset = 0
            for line in source.text.splitlines(keepends=True):
                match = _COMMENTED.fullmatch(line) if "#" in line else None
                if match is not None:
                    found[match["path"]] = source.span(offset + match.start("path"), offset + match.end("path"))
                offset += len(line)
            self._comments[source.path] = found
        return self._comments[source.path]

    def _with_children(self, path: str) -> Iterator[Project]:
        """Yield the project of ``path`` and those that its jobs trigger."""
        pending = [path]
        while pending:
            path = pending.pop(0)
            file = self._open(path)
            if file is None or path in self.consumed:
                continue
            project = Project(path, file.config)
            project.root = self._load(file, None, project, ())
            self.consumed |= project.files
            yield project
            for job in project.root.values():
                for entry in job.at("trigger", "include").listed():
                    local = entry["local"] if entry.is_mapping else entry
                    pending += self._matching(local, path)

    def _load(self, file: File, given: Node | None, project: Project, above: tuple[str, ...]) -> Node:
        """Return a file's configuration merged over everything that it includes."""
        project.files.add(file.path)
        own = self._with_inputs(file, given, project)
        layers: list[Node] = []
        for entry in own["include"].listed():
            for below, inputs in self._included(entry, file.path, project):
                if below.path in (*above, file.path):
                    continue
                if not budget.within(budget.GITLAB_INCLUDES, project.includes + 1, entry):
                    continue
                if not budget.within(budget.GITLAB_JOBS, len(project.names), entry):
                    continue
                if not self._shared.fits(below.path, below.config.source.size, entry):
                    project.complete = False
                    continue
                project.includes += 1
                layers.append(self._load(below, inputs, project, (*above, file.path)))
                project.names.update(layers[-1].keys())
        return project.merger.merged([*layers, own])

    def _with_inputs(self, file: File, given: Node | None, project: Project) -> Node:
        """Return a file's configuration with its inputs in scope, keys included."""
        declared = file.declared
        if not declared.is_mapping:
            return file.config
        inputs = project.scopes[file.path] = Inputs(declared, given)
        scoped = file.config.scoped(inputs)
        return scoped.with_pairs([(key_with_inputs(key, inputs), value) for key, value in scoped.pairs()])

    # -- includes -----------------------------------------------------------------------------------

    def _included(self, entry: Node, path: str, project: Project) -> Iterator[tuple[File, Node | None]]:
        """Yield the files that one entry of ``include:`` names, with the inputs it gives them."""
        local, inputs = entry, None
        if entry.is_mapping:
            local, inputs = entry["local"], entry["inputs"]
            elsewhere = next((kind for kind in _ELSEWHERE if kind in entry), "")
            component = _OWN_COMPONENT.fullmatch(entry["component"].content.partition("@")[0] + "@")
            if component is not None:
                found = self._component(component["name"], path)
                if found is not None:
                    yield found, inputs
                    return
            if elsewhere:
                self._unread(project, entry[elsewhere], f"an include from elsewhere ({elsewhere}) was not read")
                return
        name = local.value
        if name.value is None or "$" in name.value or re.match(r"https?://", name.value):
            self._unread(project, local, f"the include '{name}' was not read")
            return
        matching = self._matching(local, path)
        if not matching and name.value:
            self._unread(project, local, f"no file matches the include '{name}'")
        for target in matching:
            file = self._open(target)
            if file is not None:
                yield file, inputs

    def _unread(self, project: Project, at: Node, message: str) -> None:
        project.complete = False
        project.notices.append(Notice("unresolved", message, at.span))

    def _component(self, name: str, path: str) -> File | None:
        """Return the template of a component of this very repository."""
        for target in (f"templates/{name}.yml", f"templates/{name}/template.yml"):
            for base in self._bases(path):
                file = self._open(base + target)
                if file is not None:
                    return file
        return None

    def _direct_includes(self, path: str) -> list[str]:
        file = self._open(path)
        if file is None:
            return []
        entries = file.config["include"].listed()
        names = [entry["local"] if entry.is_mapping else entry for entry in entries]
        return [target for name in names for target in self._matching(name, path) if target != path]

    def _matching(self, written: Node, path: str) -> list[str]:
        """Return the paths of the files that a name, written in the file ``path``, stands for."""
        name = written.text
        relative = posixpath.normpath("/" + name).lstrip("/")
        if not relative or re.match(r"https?:", name):
            return []
        for base in self._bases(path):
            if "*" in relative:
                found = self._glob(base + relative, written)
            else:
                found = [base + relative] if self._open(base + relative) is not None else []
            if found:
                return found
        return []

    def _glob(self, pattern: str, written: Node) -> list[str]:
        if not budget.within(budget.GITLAB_WILDCARDS, len(_WILDCARD.findall(pattern)), written):
            return []
        if pattern not in self._found:
            before = pattern[: pattern.index("*")]
            folder = before.rpartition("/")[0]
            names = self.context.listing(folder)
            self._compared += len(names) + len(self.files)
            if not budget.within(budget.GITLAB_COMPARED, self._compared, written):
                return []
            names = tuple(f"{folder}/{name}" for name in names) if folder else names
            matches = _glob_pattern(pattern)
            candidates = sorted(path for path in {*names, *self.files} if path.startswith(before))
            self._found[pattern] = [path for path in candidates if matches.fullmatch(path) and self._open(path)]
        return self._found[pattern]

    def _bases(self, path: str) -> list[str]:
        """Return the folders that may be the repository's root, each empty or with a slash: the nearest first.

        A local include is written relative to the root, wherever the including file is.
        """
        folders, folder = [], path
        while folder:
            folder = folder.rpartition("/")[0]
            folders.append(f"{folder}/" if folder else "")
        main = next((base for base in folders if self.files.get(base + MAIN_NAME) is not None), None)
        return list(dict.fromkeys((main, ""))) if main is not None else folders[::-1]

    def _open(self, path: str) -> File | None:
        if path not in self.files:
            tree = self.context.tree(path)
            found = _file(tree.source, tree.documents) if tree is not None else []
            self.files[path] = found[0] if found else None
        return self.files[path]


def _glob_pattern(pattern: str) -> re.Pattern[str]:
    """Return GitLab's wildcards as a regular expression: ``*`` stays in a folder, ``**`` does not."""
    translated = ""
    for part in _WILDCARD.split(pattern):
        if part.startswith("**"):
            translated += ".*"
        elif part == "*":
            translated += "[^/]*"
        else:
            translated += re.escape(part)
    return re.compile(translated)
