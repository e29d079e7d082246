"""What the other objects of a scan say about a pod: found by kind and name, with evidence only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.formats.kubernetes.resources import Resource, nearest
from dindguard.model.mount import Storage


class Cluster:
    """All objects of a scan, and the storages that several pods may share.

    Two objects belong together when they lie in one namespace that is written, in one overlay, or in one folder.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_kind: dict[str, list[Resource]] = {}
        for resource in resources:
            self._by_kind.setdefault(resource.kind, []).append(resource)
        self.claims: dict[str, Storage] = {}
        """Storages of persistent volume claims by identity."""

    def of_kind(self, *kinds: str) -> Iterator[Resource]:
        """Yield all objects of some kinds."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def beside(self, resource: Resource, *kinds: str) -> Iterator[Resource]:
        """Yield the objects of some kinds that are deployed together with ``resource``."""
        return (other for other in self.of_kind(*kinds) if other.together_with(resource))

    def find(self, kind: str, name: str, beside: Resource) -> Resource | None:
        """Return the namespaced object of that name which ``beside`` must mean."""
        if not name:
            return None
        return nearest((other for other in self.beside(beside, kind) if other.name == name), beside)

    def find_global(self, kind: str, name: str, near: Resource) -> Resource | None:
        """Return the object of that name among those that live in no namespace."""
        if not name:
            return None
        found = [other for other in self.of_kind(kind) if other.name == name]
        of_unit = [other for other in found if other.overlay == near.overlay]
        return nearest(of_unit or [other for other in found if other.overlay is None], near)
