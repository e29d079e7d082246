"""What the variables of an Ansible role's templates hold, as far as its files decide: the role's defaults.

Source: Ansible's documentation ("Using Variables": role defaults have the lowest precedence). A default that any other file
of variables names is what nobody knows here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dindguard import budget
from dindguard.documents.template.answers import Answer, Unknown, of_node
from dindguard.documents.template.charts import Compose, Files
from dindguard.documents.tree import Node
from dindguard.source import Source
from dindguard.vocabulary import INVENTORIES

_YAML = (".yml", ".yaml")
_OF_HOSTS = ("group_vars", "host_vars", "vars")


class Role:
    """The defaults of one role, as the dot of its templates."""

    def __init__(self, defaults: Node, named_elsewhere: frozenset[str]) -> None:
        self._defaults = defaults
        self._elsewhere = named_elsewhere

    def field(self, name: str) -> Answer:
        """Return what a variable holds that only the role's defaults set, to no expression."""
        node = self._defaults[name]
        written = node.source.text[node.start : node.end]
        if not node.present or name in self._elsewhere or "{" in written or node.tag:
            return Unknown(name)
        return of_node(node)


class Roles:
    """The roles of a scan, each read once."""

    def __init__(self, files: Files, compose: Compose) -> None:
        self._files = files
        self._compose = compose
        self._roles: dict[str, Role | None] = {}
        self._named: dict[str, frozenset[str]] = {}

    def of_template(self, path: str) -> Role | None:
        """Return the role whose ``templates`` folder holds the file; ``None`` for one without defaults."""
        folder, found, _ = f"/{path}".rpartition("/templates/")
        if not found:
            return None
        folder = folder.lstrip("/")
        if folder not in self._roles:
            defaults = next(
                (node for node in self._read(posixpath.join(folder, "defaults"), "main") if node.is_mapping), None
            )
            self._roles[folder] = Role(defaults, self._elsewhere(folder)) if defaults is not None else None
        return self._roles[folder]

    def _read(self, folder: str, wanted: str = "") -> Iterator[Node]:
        for name in self._files.listing(folder):
            stem, ending = posixpath.splitext(name)
            if (ending in _YAML or not ending) and wanted in ("", stem):
                source = self._files.open(posixpath.join(folder, name))
                node = self._compose(source) if source is not None else None
                if node is not None:
                    yield node

    def _elsewhere(self, role: str) -> frozenset[str]:
        """Return the variables that the role's own ``vars``, or those of hosts and groups above it, name."""
        found = {key for node in self._read(posixpath.join(role, "vars")) for key in node.keys()}
        above = posixpath.dirname(role)
        while above:
            above = posixpath.dirname(above)
            found |= self._of_hosts(above)
        return frozenset(found)

    def _of_hosts(self, folder: str) -> frozenset[str]:
        if folder not in self._named:
            self._named[folder] = frozenset(self._named_below(folder))
        return self._named[folder]

    def _named_below(self, folder: str) -> Iterator[str]:
        for name in set(self._files.folders(folder or ".")) & {*_OF_HOSTS, *INVENTORIES}:
            yield from self._keys(posixpath.join(folder, name), 0)

    def _keys(self, folder: str, depth: int) -> Iterator[str]:
        if not budget.within(budget.CHART_DEPTH, depth, Source(folder, "").span(0, 0)):
            return
        for node in self._read(folder):
            yield from node.keys()
        for name in self._files.folders(folder):
            yield from self._keys(posixpath.join(folder, name), depth + 1)
