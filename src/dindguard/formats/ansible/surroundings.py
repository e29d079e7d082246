"""The files around a list of tasks that say what its variables hold: a role's defaults, a play's, those of all hosts."""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterator, Sequence

from dindguard import budget
from dindguard.documents.tree import Node, Pairs
from dindguard.formats import Context, Unread
from dindguard.formats.ansible import ENGINE_SETTINGS
from dindguard.formats.ansible.uses import Use, agreed, groups_of, stacked, uses_of
from dindguard.formats.ansible.variables import Layer, Tally, Variables
from dindguard.model.examples import example_part
from dindguard.model.invocation import Invocation
from dindguard.patterns import regex
from dindguard.vocabulary import INVENTORIES

_ROLE = regex(r"^(?P<role>(?:.*/)?)(?:tasks|handlers)/")
_PLAY = regex(r"(?m)^(?:- +|  +)hosts:")
_OF_A_ROLE = regex(r"(^|/)roles(/[^/]+(/(tasks|handlers|defaults|vars|templates|files|meta))?)?$")
"""Folders in which no inventory lies."""
_YAML = (".yml", ".yaml")


class Surroundings:
    """Finds and keeps the variables of one scan."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._files: dict[str, Node | None] = {}
        self._used: set[tuple[str, int]] = set()
        self._watched: Pairs = []
        self._folders: dict[tuple[str, str], list[Layer]] = {}
        self._copied: set[tuple[str, str]] = set()
        self._contents: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._variable_folders: dict[tuple[str, str], list[str]] = {}
        self._members: list[Invocation] = []
        self.own_members = False
        """Whether a task of the scan lets in whom the variable of a well-known role names: the grant is that task's."""
        self._uses: dict[str, list[Use]] = {}
        self._noted: set[str] = set()
        self._roles: dict[str, list[Layer]] = {}
        self._groups: dict[tuple[str, tuple[str, ...] | None], list[Layer]] = {}

    def note(self, root: Node, path: str) -> None:
        """Remember which roles the plays of a document use."""
        if path in self._noted:
            return
        self._noted.add(path)
        if example_part(path):
            return  # what a test gives a role is nobody else's
        for play in root.items():
            for role, use in uses_of(play, path, self.files_of(play, path)):
                self._uses.setdefault(role, []).append(use)

    def of(self, path: str, play: Node | None = None) -> Variables:
        """Return the variables of a file of tasks or of a play, those of its role among them."""
        role = role_of(path)
        for_all = [*self._for_all(path)]
        if role is None:
            groups = groups_of(play) if play is not None else ()
            return Variables([agreed(self._of_groups(path, groups), for_all), *for_all], Tally(self._used))
        return Variables(self._of_role(role, for_all), Tally(self._used))

    def _note_beside(self, role: str) -> None:
        """Remember the plays in the folder that a role's folder of roles lies in: few of them speak of engines."""
        roles = posixpath.dirname(role.rstrip("/"))
        above = posixpath.dirname(roles)
        for folder in (above, posixpath.join(above, "playbooks")) if roles else ():
            for name in self._context.listing(folder):
                path = posixpath.join(folder, name)
                source = self._context.open(path) if name.endswith(_YAML) and path not in self._noted else None
                if source is not None and _PLAY.search(source.text) is not None:
                    root = self._opened(path)
                    if root is not None:
                        self.note(root, path)
                self._noted.add(path)

    def _of_role(self, role: str, for_all: Sequence[Layer]) -> list[Layer]:
        if role not in self._roles:
            self._note_beside(role)
            defaults = self._named(f"{role}defaults", "main")
            used = self._as_used(role.rstrip("/").rpartition("/")[2], [*for_all, *defaults])
            self._roles[role] = [*self._named(f"{role}vars", "main"), used, *for_all, *defaults]
        return self._roles[role]

    def _as_used(self, role: str, lower: Sequence[Layer]) -> Layer:
        """Return what the plays that use a role, and the groups of their hosts, say of variables."""
        layers: list[Layer] = []
        for use in self._uses.get(role, ()):
            groups = self._of_groups(use.path, use.groups)
            if not budget.within(budget.ROLE_USES, len(layers) + len(groups), use.place):
                return {}
            layers += [stacked((use.given, group)) for group in groups]
        return agreed(layers, lower)

    def _of_groups(self, path: str, groups: tuple[str, ...] | None) -> list[Layer]:
        """Return the variables of each group, or host, by name; of any, and of none, where nobody tells which."""
        key = (posixpath.dirname(path), groups)
        if key not in self._groups:
            names = groups if groups is not None else (*self._all_groups(path), "")
            kinds = ("host_vars", "group_vars")
            self._groups[key] = [stacked(self._above(path, kinds, name) if name else ()) for name in names]
        return self._groups[key]

    def files_of(self, play: Node, path: str, variables: Variables | None = None) -> Iterator[Layer]:
        """Yield a play's files of variables in their order; names that ``variables`` do not decide are passed over."""
        folder = posixpath.dirname(path)
        for each in play["vars_files"].listed():
            name = each.scoped(variables or Variables()).text if each.is_scalar else ""
            if name and not name.startswith("/"):
                yield self.file(posixpath.normpath(posixpath.join(folder, name)))

    def _all_groups(self, path: str) -> list[str]:
        names: dict[str, None] = {}
        for folder in self._folders_above(path, ("group_vars", "host_vars")):
            files = (file.removesuffix(".yml").removesuffix(".yaml") for file in self._context.listing(folder))
            names.update(dict.fromkeys((*files, *self._context.folders(folder))))
        return [name for name in names if name != "all"]

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

    def opened(self) -> Iterator[str]:
        """Yield the files whose variables were read."""
        yield from (path for path, node in self._files.items() if node is not None)

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
        yield from self._above(path, ("group_vars",), "all")

    def _above(self, path: str, kinds: Sequence[str], name: str) -> Iterator[Layer]:
        """Yield the variables of a group or host in the folders above a file, the nearest first."""
        for folder in self._folders_above(path, kinds):
            yield from self._named(folder, name)

    def _folders_above(self, path: str, kinds: Sequence[str]) -> Iterator[str]:
        """Yield the folders that may hold variables: those of one kind before the other, the nearest first."""
        for kind in kinds:
            folder = posixpath.dirname(path)
            yield from self._folders_in(folder, kind)
            while folder != posixpath.dirname(folder):
                folder = posixpath.dirname(folder)
                yield from self._folders_in(folder, kind)

    def _folders_in(self, folder: str, kind: str) -> list[str]:
        """Return the folders in one folder that hold variables; all files of a tree ask for those above them."""
        if (folder, kind) not in self._variable_folders:
            places = {folder: None}
            for inventories in INVENTORIES if _OF_A_ROLE.search(folder) is None else ():
                inner = posixpath.join(folder, inventories)
                places.update(dict.fromkeys((inner, *(posixpath.join(inner, each) for each in self._held(inner)[1]))))
            self._variable_folders[folder, kind] = [posixpath.join(each, kind) for each in places]
        return self._variable_folders[folder, kind]

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
        files, folders = self._held(folder)
        for file in files:
            if file in {name, *(f"{name}{ending}" for ending in _YAML)}:
                yield self.file(posixpath.join(folder, file))
        if not files and not folders:
            return
        within = posixpath.join(folder, name)
        for file in self._context.listing(within):
            if file.endswith(_YAML):
                yield self.file(posixpath.join(within, file))

    def _held(self, folder: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the files and the folders in a folder: most of those that are asked for are not there."""
        if folder not in self._contents:
            self._contents[folder] = self._context.listing(folder), self._context.folders(folder)
        return self._contents[folder]

    def _opened(self, path: str) -> Node | None:
        if path not in self._files:
            tree = self._context.tree(path)
            self._files[path] = tree.documents[0] if tree is not None and tree.documents else None
        return self._files[path]


def role_of(path: str) -> str | None:
    """Return the folder of the role that a file of tasks belongs to, with ``/`` at its end; ``""`` for the root's own."""
    match = _ROLE.match(path)
    return match["role"] if match is not None else None
