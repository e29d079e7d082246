"""Services that extend others, of their own file or of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats.compose import merging
from dindguard.formats.compose.files import folder_of
from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.source import Step

if TYPE_CHECKING:
    from dindguard.formats.compose.loading import Loader


class Extension:
    """The services of one file, each put over the one it extends, once."""

    def __init__(
        self, loader: Loader, services: Node, scope: ComposeScope, path: str, removed: list[merging.Path],
        *, of_others: bool = False,
    ) -> None:  # fmt: skip
        """``of_others``: the file is another one than those that the project merges."""
        self._of_others = of_others
        self._loader = loader
        self._services = services
        self._scope = scope
        self._path = path
        self._removed = removed
        self._done: dict[str, Node] = {}
        self._others: dict[str, Extension | None] = {}

    def service(self, name: str, chain: tuple[tuple[str, str], ...]) -> Node:
        """Return a service with all that it extends; ``chain`` is the way that led here."""
        done = self._done.get(name)
        if done is None:
            if self._of_others:
                self._loader.take(self._path, self._services[name])
            done = self._extend(name, self._services[name], (*chain, (self._path, name)))
            self._done[name] = done
        return done

    def _extend(self, name: str, service: Node, chain: tuple[tuple[str, str], ...]) -> Node:
        extends = service["extends"]
        if not extends.present or extends.is_null:
            return service
        reference = extends["service"] if extends.is_mapping else extends
        target = reference.text
        origin = self._origin(extends)
        if origin is None:
            return merging.without(service, "extends")
        if not budget.within(budget.COMPOSE_CHAIN, len(chain), extends):
            return merging.without(service, "extends")
        if (origin._path, target) in chain:
            self._loader.refuse("this service extends itself in the end", extends.span)
            return merging.without(service, "extends")
        if not origin._services[target].present:
            if reference.value.known:
                self._loader.refuse(f"there is no service '{target}' to extend", reference.span)
            return merging.without(service, "extends")
        base = origin.service(target, chain)
        for place in self._removed:
            if place[:2] == ("services", name) and len(place) > 2:
                base = merging.remove(base, place[2:])
        if not base.is_mapping:
            return merging.without(service, "extends")
        base = base.explained(Step("extended here", extends.key_span))
        merged = self._loader.merger.merge(base, service, ("services", name))
        return service.with_pairs([(key, value) for key, value in merged.pairs() if key.content != "extends"])

    def _origin(self, extends: Node) -> Extension | None:
        """Return the services among which the extended one is: this file's, or another's."""
        file = extends["file"] if extends.is_mapping else None
        if file is None or not file.is_scalar or file.is_null:
            return self
        key = file.value.pattern
        if key not in self._others:
            found = self._loader.services_of(file, self._scope)
            if found is None:
                self._others[key] = None
            else:
                path, services, removed = found
                scope = self._scope.within(folder_of(path))
                self._others[key] = Extension(self._loader, services, scope, path, removed, of_others=True)
        return self._others[key]
