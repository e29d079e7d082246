"""Which objects of a running cluster a controller made: what is said of the controller's template covers them."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.formats.kubernetes.resources import Resource


class Owners:
    """The objects that may own others, by kind, namespace and name."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._present = {(each.source.path, each.kind, each.namespace, each.name) for each in resources}

    def cover(self, resource: Resource) -> bool:
        """Whether an owner of the object stands in the same file: its pods, its ReplicaSets, its Jobs are that owner's."""
        for owner in resource.node["metadata"]["ownerReferences"].items():
            place = (resource.source.path, owner["kind"].content, resource.namespace, owner["name"].content)
            if place in self._present:
                return True
        return False
