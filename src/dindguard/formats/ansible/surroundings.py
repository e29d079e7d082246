"""The files around a list of tasks that say what its variables hold: a role's defaults, a play's, those of all hosts."""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterator, Sequence

from dindguard.documents.tree import Node, Pairs
from dindguard.formats import Context, Unread
from dindguard.formats.ansible import ENGINE_SETTINGS
from dindguard.formats.ansible.variables import Layer, Tally, Variables
from dindguard.model.invocation import Invocation
from dindguard.patterns import regex

_ROLE = regex(r"^(?P<role>(?:.*/)?)(?:tasks|handlers)/")
_YAML = (".yml", ".yaml")
_INVENTORIES = ("", "inventory/", "inventories/")


class Surroundings:
    """Finds and keeps the variables of one scan."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._files: dict[str, Node | None] = {}
        self._used: set[tuple[str, int]] = set()
        self._watched: Pairs = []
        self._folders: dict[tuple[str, str], list[Layer]] = {}
        self._copied: set[tuple[str, str]] = set()
        self._members: list[Invocation] = []
        self.own_members = False
        """Whether a task of the scan lets in whom the variable of a well-known role names: the grant is that task's."""

    def of(self, path: str) -> Variables:
        """Return the variables of a file of tasks or plays, those of its role among them."""
        role = role_of(path)
        layers: list[Layer] = []
        if role is not None:
            layers += self._named(f"{role}vars", "main")
        layers += self._for_all(path)
        if role is not None:
            layers += self._named(f"{role}defaults", "main")
        return Variables(layers, Tally(self._used))

    def file(self, path: str) -> Layer:
        """Return the variables of one file."""
        node = self._opened(path)
        return {key.content: value for key, value in node.pairs()} if node is not None else {}

    def watch(self, holder: Node, *, but: Container[str] = ()) -> None:
        """Remember variables, to tell of those that nothing asks for; ``but`` names what is read otherwise."""
        self._watched += [pair for pair in holder.pairs() if pair[0].content not in but]

    def let_in(self, grant: Invocation) -> None:
        """Remember a grant that a well-known role makes of a variable."""
        self._members.append(grant)

    def members_let_in(self) -> Sequence[Invocation]:
        """Return the grants that a role makes which is not part of the scan."""
        return () if self.own_members else self._members

    def not_used(self) -> Iterator[Unread]:
        """Yield the variables that nothing asked for: what they are for, the files that were read do not tell."""
        for node in self._files.values():
            if node is not None:
                self.watch(node, but=ENGINE_SETTINGS)
        for key, value in self._watched:
            if (value.source.path, value.start) not in self._used:
                yield Unread(value.source.part(key.start, max(value.end, key.end)), "Ansible variables", known=True)

    def _for_all(self, path: str) -> Iterator[Layer]:
        """Yield the variables of all hosts, in the folders above a file, the nearest first."""
        folder = posixpath.dirname(path)
        for _ in range(_LEVELS):
            for inventory in _INVENTORIES:
                yield from self._named(posixpath.join(folder, f"{inventory}group_vars"), "all")
            if not folder:
                return
            folder = posixpath.dirname(folder)

    def first_copy(self, path: str, target: str) -> bool:
        """Whether nobody has copied a file to that place of a machine before."""
        known = (path, target) in self._copied
        self._copied.add((path, target))
        return not known

    def _named(self, folder: str, name: str) -> list[Layer]:
        """Return the variables of ``name`` in a folder, which is a file or a folder of files."""
        if (folder, name) not in self._folders:
            self._folders[folder, name] = [*self._read(folder, name)]
        return self._folders[folder, name]

    def _read(self, folder: str, name: str) -> Iterator[Layer]:
        for file in self._context.listing(folder):
            if file in {name, *(f"{name}{ending}" for ending in _YAML)}:
                yield self.file(posixpath.join(folder, file))
        within = posixpath.join(folder, name)
        for file in self._context.listing(within):
            if file.endswith(_YAML):
                yield self.file(posixpath.join(within, file))

    def _opened(self, path: str) -> Node | None:
        if path not in self._files:
            tree = self._context.tree(path)
            self._files[path] = tree.documents[0] if tree is not None and tree.documents else None
        return self._files[path]


_LEVELS = 8


def role_of(path: str) -> str | None:
    """Return the folder of the role that a file of tasks belongs to, with ``/`` at its end; ``""`` for the root's own."""
    match = _ROLE.match(path)
    return match["role"] if match is not None else None
