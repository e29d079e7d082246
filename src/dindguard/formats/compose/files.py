"""Paths inside the scanned tree, and the Compose documents that are read from them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from dindguard import memory
from dindguard.documents.tree import Kind, Node
from dindguard.formats.compose import entries
from dindguard.formats.compose.interpolation import EXAMPLES
from dindguard.model.values import Text
from dindguard.source import Gravity, Notice, Source, Span

if TYPE_CHECKING:
    from dindguard.formats import Context, Document

T = TypeVar("T")

_TOP_LEVEL = frozenset(
    {"services", "volumes", "networks", "configs", "secrets", "models", "version", "name", "include"}
)
_REMOTE = ("http://", "https://", "git@", "git://", "ssh://", "oci://", "github.com/")


def folder_of(path: str) -> str:
    """Return the folder of a path; ``""`` is the root."""
    return path.rpartition("/")[0]


def resolve(folder: str, path: str) -> str | None:
    """Return ``path`` seen from ``folder``, relative to the scan's root; ``None`` when it leads outside."""
    if path.startswith(("/", "~")) or (len(path) > 1 and path[1] == ":"):
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    if joined == ".." or joined.startswith("../"):
        return None
    return "" if joined == "." else joined


def is_remote(path: str) -> bool:
    """Whether Compose would fetch it from elsewhere."""
    return path.startswith(_REMOTE) or ".git#" in path or path.endswith(".git")


class Files:
    """The Compose documents of one scan, by path: those that were recognised, and those they refer to."""

    def __init__(self, documents: Sequence[Document], context: Context) -> None:
        self.context = context
        self.notices: dict[Notice, None] = {}
        """What could not be read, once for each place."""
        self._plain: dict[Source, dict[str, Text] | None] = {}
        self.given: dict[str, list[Node]] = {}
        self.embedded: list[Document] = []
        for document in documents:
            if document.source.parent is not None or document.source.hint:
                self.embedded.append(document)
            elif isinstance(document.content, Node):
                self.given.setdefault(document.source.path, []).append(document.content)
        self._roots: dict[str, list[Node]] = {}
        self._variables: dict[str, dict[str, Text]] = {}

    def documents(self, path: str) -> list[Node]:
        """Return the documents of a file, each a mapping with ``services`` at its top; ``[]`` if there are none."""
        found, nodes = self._roots.get(path), self.given.get(path)
        if nodes is not None:
            self.context.uses(path)
        if found is None or (nodes is None and memory.kept()):
            if nodes is None:
                tree = self.context.tree(path)
                nodes = tree.documents if tree is not None else []
            found = self._roots[path] = [wrapped(node) for node in nodes if node.is_mapping]
        return found

    def size(self, path: str) -> int:
        """Return how long a file of Compose documents is."""
        return next((root.source.file.size for root in self.documents(path)), 0)

    def exists(self, path: str) -> bool:
        """Whether the folder lists a file of that name."""
        return path.rpartition("/")[2] in self.context.listing(folder_of(path))

    def variables(self, paths: Sequence[str], outer: Mapping[str, Text] | None = None) -> dict[str, Text]:
        """Return the variables of ``.env`` files; a later file wins over an earlier one, ``outer`` over all."""
        from dindguard.formats.compose.dotenv import read_variables

        found: dict[str, Text] = {}
        for path in paths:
            source = self.context.open(path)
            if source is not None:
                found.update(read_variables(source, outer))
        return {**found, **(outer or {})}

    def folder_variables(self, folder: str) -> dict[str, Text]:
        """Return the variables of a folder's own ``.env``."""
        found = self._variables.get(folder)
        if found is None or memory.kept():
            found = self.context.again(f"variables of {folder}", (), partial(self._variables_of, folder))
            self._variables[folder] = found
        return found

    def _variables_of(self, folder: str) -> dict[str, Text]:
        there = self.context.listing(folder)
        name = next((name for name in (".env", *EXAMPLES) if name in there), None)
        return self.variables([f"{folder}/{name}" if folder else name]) if name is not None else {}

    def again(self, kind: object, about: Iterable[Any], make: Callable[[], T]) -> T:
        """Return what ``make`` makes of some objects and of files, and note what could not be read of them."""
        made, notices = self.apart(kind, about, make)
        self.add(notices)
        return made

    def apart(self, kind: object, about: Iterable[Any], make: Callable[[], T]) -> tuple[T, list[Notice]]:
        """Return what ``make`` makes of some objects and of files, and what could not be read of them."""
        made, notices = self.context.again(kind, about, partial(self._apart, make))
        return cast("T", made), notices

    def add(self, notices: Iterable[Notice]) -> None:
        """Note what could not be read."""
        self.notices.update(dict.fromkeys(notices))

    def _apart(self, make: Callable[[], T]) -> tuple[T, list[Notice]]:
        outer, self.notices = self.notices, {}
        try:
            return make(), [*self.notices]
        finally:
            self.notices = outer

    def plain_variables(self, source: Source) -> dict[str, Text] | None:
        """Return the variables of an env file that says the same to everybody; ``None`` for another one."""
        from dindguard.formats.compose.dotenv import is_plain, read_variables

        if source not in self._plain:
            self._plain[source] = read_variables(source) if is_plain(source.text) else None
        return self._plain[source]

    def source(self, path: str) -> Source | None:
        """Return another file inside the root."""
        return self.context.open(path)

    def note(self, kind: str, message: str, span: Span, gravity: Gravity = Gravity.NOTE, remedy: str = "") -> None:
        """Remember what could not be read, once for each place."""
        self.notices[Notice(kind, message, span, gravity, remedy)] = None


def wrapped(root: Node) -> Node:
    """Return a document with its services under ``services``: a version 1 file has them at the top."""
    bodies = root.pairs()
    if not bodies or any(key.content in _TOP_LEVEL or key.content.startswith("x-") for key, _ in bodies):
        return root
    services = [(key, _from_version_1(body)) for key, body in bodies if body.is_mapping]
    holder = root.with_pairs(services)
    return root.with_pairs([(entries.key_node("services", root), holder)])


def _from_version_1(service: Node) -> Node:
    """Return a version 1 service under the names of today: ``net``, and ``dockerfile`` beside ``build``."""
    if "net" not in service and "dockerfile" not in service:
        return service
    pairs = []
    for key, value in service.pairs():
        if key.content == "net":
            pairs.append((_renamed(key, "network_mode"), value))
        elif key.content == "build" and "dockerfile" in service:
            build = entries.build_mapping(value)
            dockerfile = service["dockerfile"]
            pairs.append((key, build.with_pairs([*build.pairs(), (_renamed(key, "dockerfile"), dockerfile)])))
        elif key.content != "dockerfile":
            pairs.append((key, value))
    return service.with_pairs(pairs)


def _renamed(key: Node, name: str) -> Node:
    return Node(Kind.SCALAR, key.source, key.start, key.end, route=key.route, content=name, trail=key.trail)
