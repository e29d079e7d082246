"""From the files of a project to one merged document: include, extends, overrides, in Compose's own order.

Per document: interpolation, then ``include``, then ``extends``, then the merge over what the files before it gave.
Source: compose-go ``loader`` (Compose v5). Docker Compose v2 before 2.24 refused an included service that the
including file defines again; here, as in v5, the including file's settings win.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats.compose import merging
from dindguard.formats.compose.files import Files, folder_of, is_remote, resolve
from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.source import Gravity, Span, Step

_SECTIONS = ("services", "volumes", "networks", "secrets", "configs", "models")


_A_NAME = 16
"""What a service costs that is there to be extended and is not, in characters: its name is copied."""


class Loaded:
    """A project's merged document, the paths of the files that it includes, and how much was taken of each file for it."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.included: set[str] = set()
        self.taken = Counter[str]()
        """In characters: a file that is included counts whole, of one that is extended the services that are."""


class Loader:
    """Loads one project. What Compose would refuse becomes a notice, and the rest is read.

    One that is read ``alone`` takes nothing of files that it includes or extends.
    """

    def __init__(self, files: Files, *, alone: bool = False) -> None:
        self._files = files
        self._alone = alone
        self._loaded = Loaded()
        self._loads = 0
        self._again = 0
        self._imported: dict[object, Node | None] = {}
        self.merger = merging.Merger()

    def load(self, paths: Sequence[str], scope: ComposeScope) -> Loaded:
        """Merge the files at ``paths``, in that order, under one set of variables."""
        self._loaded.root = self._merge_files(paths, scope, ())
        return self._loaded

    def load_documents(self, roots: Iterable[Node], scope: ComposeScope, path: str) -> Loaded:
        """The same for documents that are no files of their own."""
        merged = None
        for root in roots:
            merged = self._merge_document(root.scoped(scope), merged, scope, path, ())
        self._loaded.root = merged
        return self._loaded

    # -- files --------------------------------------------------------------------------------------

    def _merge_files(self, paths: Sequence[str], scope: ComposeScope, chain: tuple[str, ...]) -> Node | None:
        merged: Node | None = None
        for path in paths:
            self._count(path, self._files.size(path))
            for root in self._files.documents(path):
                merged = self._merge_document(root.scoped(scope), merged, scope, path, chain)
        return merged

    def _merge_document(
        self, root: Node, base: Node | None, scope: ComposeScope, path: str, chain: tuple[str, ...]
    ) -> Node:  # fmt: skip
        removed: list[merging.Path] = []
        if merging.has_tags(root):
            root, removed = merging.take_tags(root)
        if "include" in root:
            root = self._include(root, scope, (*chain, path), removed)
        if base is not None:
            for place in removed:
                base = merging.remove(base, place)
        root = self._extend_all(root, scope, path, removed)
        merged = root if base is None else self.merger.merge(base, root)
        return merging.without_repetition(merged)

    # -- include ------------------------------------------------------------------------------------

    def _include(self, root: Node, scope: ComposeScope, chain: tuple[str, ...], removed: list[merging.Path]) -> Node:
        for item in root["include"].listed():
            imported = self._included(item, scope, chain)
            if imported is None:
                continue
            for section in _SECTIONS:
                if imported[section].is_mapping:
                    root = self._import(root, imported, section, removed)
        return merging.without(root, "include")

    def _import(self, root: Node, imported: Node, section: str, removed: list[merging.Path]) -> Node:
        """Put the included file's resources below the including file's own."""
        own = root[section]
        if not own.is_mapping:
            return merging.with_value(root, section, imported[section])
        for place in removed:
            if place[0] == section and len(place) > 1 and place[1] in own:
                imported = merging.remove(imported, place)
        merged = self.merger.merge_mappings(imported[section], own, (section,))
        return merging.with_value(root, section, merged)

    def _included(self, item: Node, scope: ComposeScope, chain: tuple[str, ...]) -> Node | None:
        written = (item["path"] if item.is_mapping else item).listed()
        paths = [found for node in written if (found := self._path(node, scope.directory, "include"))]
        if not paths:
            return None
        if not budget.within(budget.COMPOSE_CHAIN, len(chain), item) or not self._may_load(item):
            return None
        if paths[0] in chain:
            self._files.note("unresolved", "this include leads back to itself", item.span, Gravity.WARNING)
            return None
        directory = folder_of(paths[0])
        if item["project_directory"].is_scalar:
            directory = (
                self._path(item["project_directory"], scope.directory, "include", there=_anything) or directory
            )
        own = item["env_file"].listed()
        there = self._files.exists  # variables, which nobody reads as YAML
        named = [found for node in own if (found := self._path(node, scope.directory, "include", there=there))]
        key = (*paths, directory, *named, bool(own), scope, chain)
        if key not in self._imported:
            if own:
                variables = self._files.variables(named, scope.variables)
            else:
                variables = {**self._files.folder_variables(directory), **scope.variables}
            self._loaded.included.update(paths)
            self._imported[key] = self._merge_files(paths, ComposeScope(variables, directory), chain)
        imported = self._imported[key]
        return None if imported is None else imported.explained(Step("included here", item.span))

    def _path(
        self, node: Node, directory: str, purpose: str, *, there: Callable[[str], bool] | None = None
    ) -> str | None:  # fmt: skip
        """Return the file that a node names, if it is inside the root and ``there``: one of Compose, if nobody says more."""
        there = there or self._is_there
        text = node.value
        below = self._below_a_variable(text)
        if below is not None:
            return below
        if text.value is None:
            message = f"the path of this {purpose} depends on ${{{text.variable}}}: the file was not read"
        elif is_remote(text.value):
            message = f"this {purpose} is fetched from elsewhere, and was not read"
        else:
            found = resolve(directory, text.value)
            if found is not None and there(found):
                return found
            where = "outside the scanned tree" if found is None else "not there, or not readable"
            message = f"the file of this {purpose} is {where}"
        self._files.note("unresolved", message, node.span)
        return None

    def _below_a_variable(self, text: Text) -> str | None:
        """Return the file that ``${ROOT}/folder/file`` is if it is one from the root: what else would the variable be."""
        if text.value is not None or not text.partial.startswith(f"{UNKNOWN_PIECE}/"):
            return None
        path = resolve("", text.partial[2:])
        if path is None or "/" not in path or UNKNOWN_PIECE in path:
            return None
        return path if self._is_there(path) else None

    def _is_there(self, path: str) -> bool:
        return bool(self._files.documents(path)) or self._files.exists(path)

    # -- extends ------------------------------------------------------------------------------------

    def _extend_all(self, root: Node, scope: ComposeScope, path: str, removed: list[merging.Path]) -> Node:
        services = root["services"]
        if "extends" not in root.source.text or not any("extends" in service for service in services.values()):
            return root
        from dindguard.formats.compose.extends import Extension

        extended = Extension(self, services, scope, path, removed)
        pairs = [(key, extended.service(key.content, ())) for key, _ in services.pairs()]
        return merging.with_value(root, "services", services.with_pairs(pairs))

    def services_of(self, node: Node, scope: ComposeScope) -> tuple[str, Node, list[merging.Path]] | None:
        """Return path, services and resets of the file that an ``extends`` names."""
        path = self._path(node, scope.directory, "extends")
        if path is None or not self._may_load(node):
            return None
        self._count(path, sum(_A_NAME * len(each["services"].pairs()) for each in self._files.documents(path)))
        merged: Node | None = None
        removed: list[merging.Path] = []
        for document in self._files.documents(path):
            root = document.scoped(scope.within(folder_of(path)))
            root, removed = merging.take_tags(root) if merging.has_tags(root) else (root, [])
            merged = root if merged is None else self.merger.merge(merged, root)
        return None if merged is None else (path, merged["services"], removed)

    def _may_load(self, node: Node) -> bool:
        if self._alone:
            budget.met(budget.COMPOSE_SHARED, node)
            return False
        shared, files = budget.COMPOSE_SHARED, budget.COMPOSE_FILES
        return budget.within(shared, self._again, node) and budget.within(files, self._loads + 1, node)

    def _count(self, path: str, size: int) -> None:
        self._loads += 1
        self._again += size if path in self._loaded.taken else 0
        self._loaded.taken[path] += size

    def take(self, path: str, service: Node) -> None:
        """Count a service of another file that one of the project extends."""
        self._loaded.taken[path] += service.end - service.start

    def refuse(self, message: str, span: Span) -> None:
        """Note what Compose would refuse."""
        self._files.note("unresolved", message, span, Gravity.WARNING)


def _anything(_: str) -> bool:
    return True
