"""What the other objects of a scan say about a pod: found by kind and name, with evidence only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from dindguard.formats.kubernetes.resources import Resource, nearest
from dindguard.model.mount import Storage

if TYPE_CHECKING:
    from dindguard.formats.kubernetes.network_policies import Policy
    from dindguard.formats.kubernetes.replicas import Scaler

_MANY_LENT = 200
"""The nodes of fewer objects are not worth letting go of."""

_Place = tuple[str, str | None, str]
"""Kind, overlay, namespace."""

Asked: TypeAlias = "list[tuple[Callable[[Cluster], object], object]]"
"""Questions to a cluster, and their answers."""


class Cluster:
    """All objects of a scan, and the storages that several pods may share.

    Two objects belong together when they lie in one namespace that is written, in one overlay, or in one folder
    or one above the other (:meth:`Resource.together_with`). The objects are indexed by that, because a
    scan may hold thousands of small projects.
    """

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._lent: dict[Resource, None] = {}
        self.asked: Asked | None = None
        """Where to note what is asked; nowhere, unless a pod's reading is to be kept."""
        self._by_kind: dict[str, list[Resource]] = {}
        self._by_name: dict[tuple[str, str], list[Resource]] = {}
        self._by_place: dict[_Place, list[Resource]] = {}
        self._in_unit: dict[tuple[str, str], list[Resource]] = {}
        self._below_unit: dict[tuple[str, str], list[Resource]] = {}
        for resource in resources:
            self.add(resource)
        self.claims: dict[str, Storage] = {}
        """Storages of persistent volume claims by identity."""
        self.policies: dict[Resource, Policy] = {}
        """What network policies say, each looked at once."""
        self.idle: set[Resource] = set()
        """Objects that are known to describe no pod, and to say nothing else."""
        self.selectors: dict[Resource, frozenset[tuple[str, str]]] = {}
        """The labels that Services select, each looked at once."""
        self.scalers: dict[Resource, Scaler] = {}
        """What autoscalers say, each looked at once."""
        self.imported = 0
        """How many variables containers have taken from ConfigMaps as a whole."""

    def give_back(self) -> None:
        """Let go of the nodes of objects that others have asked for, if they are many."""
        if len(self._lent) > _MANY_LENT:
            for resource in self._lent:
                resource.node.fold()
            self._lent.clear()

    def _lend(self, resources: Iterable[Resource]) -> Iterator[Resource]:
        for resource in resources:
            self._lent[resource] = None
            yield resource

    def add(self, resource: Resource) -> None:
        """Add an object."""
        kind = resource.kind
        self._by_kind.setdefault(kind, []).append(resource)
        self._by_name.setdefault((kind, resource.name), []).append(resource)
        if resource.namespace or resource.overlay is not None:
            self._by_place.setdefault((kind, resource.overlay, resource.namespace), []).append(resource)
            return
        self._in_unit.setdefault((kind, resource.unit), []).append(resource)
        for folder in _above(resource.unit):
            self._below_unit.setdefault((kind, folder), []).append(resource)

    def note(self, question: Callable[[Cluster], object], answer: object) -> None:
        """Note a question, for what is to be kept as long as all of its questions have the same answers."""
        if self.asked is not None:
            self.asked.append((question, answer))

    def answers(self, asked: Asked) -> bool:
        """Whether all questions have the answers that they had: the same objects."""
        before, self.asked = self.asked, None
        try:
            return all(question(self) == answer for question, answer in asked)
        finally:
            self.asked = before

    def of_kind(self, *kinds: str) -> Iterable[Resource]:
        """Return all objects of some kinds."""
        found = tuple(self._of_kind(*kinds))
        self.note(lambda cluster: tuple(cluster.of_kind(*kinds)), found)
        return found

    def _of_kind(self, *kinds: str) -> Iterator[Resource]:
        for kind in kinds:
            yield from self._lend(self._by_kind.get(kind, ()))

    def beside(self, resource: Resource, *kinds: str) -> Iterable[Resource]:
        """Return the objects of some kinds that are deployed together with ``resource``."""
        found = tuple(self._beside(resource, *kinds))
        self.note(lambda cluster: tuple(cluster.beside(resource, *kinds)), found)
        return found

    def _beside(self, resource: Resource, *kinds: str) -> Iterator[Resource]:
        for kind in kinds:
            if resource.namespace or resource.overlay is not None:
                yield from self._lend(self._by_place.get((kind, resource.overlay, resource.namespace), ()))
                continue
            for folder in (resource.unit, *_above(resource.unit)):
                yield from self._lend(self._in_unit.get((kind, folder), ()))
            yield from self._lend(self._below_unit.get((kind, resource.unit), ()))

    def find(self, kind: str, name: str, beside: Resource) -> Resource | None:
        """Return the namespaced object of that name which ``beside`` must mean."""
        found = self._by_name.get((kind, name), ()) if name else ()
        one = self._lent_one(nearest((other for other in found if other.together_with(beside)), beside))
        self.note(partial(Cluster.find, kind=kind, name=name, beside=beside), one)
        return one

    def find_global(self, kind: str, name: str, near: Resource) -> Resource | None:
        """Return the object of that name among those that live in no namespace."""
        found = self._by_name.get((kind, name), ()) if name else ()
        same = [other for other in found if other.overlay == near.overlay]
        one = self._lent_one(nearest(same or [other for other in found if other.overlay is None], near))
        self.note(partial(Cluster.find_global, kind=kind, name=name, near=near), one)
        return one

    def _lent_one(self, resource: Resource | None) -> Resource | None:
        if resource is not None:
            self._lent[resource] = None
        return resource


def _above(folder: str) -> Iterator[str]:
    """Yield the folders above one, nearest first; the root itself connects nothing."""
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        yield folder
