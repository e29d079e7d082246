"""What a kustomization's folder holds and builds, and how much of it may be built again for others."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.resources import Resource, size_of
from dindguard.records import replace

if TYPE_CHECKING:
    from dindguard.formats.kubernetes.drafts import Value
    from dindguard.formats.kubernetes.overlay_patches import Patch
    from dindguard.formats.kubernetes.transformers import Transformers

_LENGTH = 32
"""For so many characters of all manifests a resource may be handed to one overlay, or patch, more."""

_CHANGED = 128
"""For so many characters a resource that is changed counts once more: it is read once more."""


class Handed:
    """How much more may be handed to overlays and patches; ``size`` is how many characters all manifests have."""

    def __init__(self, size: int) -> None:
        self._left = budget.OVERLAID_RESOURCES.most + size // _LENGTH

    def fits(self, count: int, at: Node) -> bool:
        """Whether so many resources, or what costs as many, may be handed on: overlays of a large base multiply."""
        self._left -= count
        if self._left < 0:
            budget.met(budget.OVERLAID_RESOURCES, at)
        return self._left >= 0


class Built:
    """One resource on its way through an overlay. ``direct`` tells that the overlay itself lists its file.

    As long as it is being patched, ``draft`` is what it is now. ``size`` is how many characters it may have come to.
    """

    __slots__ = ("changed", "direct", "draft", "resource", "size")

    def __init__(self, resource: Resource, direct: bool) -> None:
        self.resource = resource
        self.direct = direct
        self.changed = False
        self.draft: Value | None = None
        self.size = size_of(resource)

    def drafted(self) -> Value:
        """Return what it is now, to be changed."""
        from dindguard.formats.kubernetes.drafts import opened

        self.draft = self.draft or opened(self.resource.node)
        return self.draft

    def finish(self) -> None:
        """Have what patches made of it."""
        from dindguard.formats.kubernetes.drafts import finished

        if self.draft is not None:
            self.resource, self.draft = replace(self.resource, node=finished(self.draft)), None

    @property
    def weight(self) -> int:
        """For how many resources it counts where it is changed."""
        return self.size // _CHANGED

    @property
    def origin(self) -> tuple[str, int]:
        """Where it comes from, whatever was changed about it."""
        return self.resource.source.path, self.resource.node.start


class Folder:
    """One folder's kustomization."""

    def __init__(self, path: str, node: Node) -> None:
        self.path = path
        self.node = node
        self.component = node["kind"].content == "Component"
        self.built: list[Built] | None = None
        self.building = False
        self.patch_files: set[str] = set()
        self.patches: list[Patch] | None = None

    @cached_property
    def _namespace(self) -> str:
        return self.node["namespace"].content

    @cached_property
    def _transformers(self) -> Transformers:
        from dindguard.formats.kubernetes.transformers import Transformers

        return Transformers(self.node)

    def changes(self, resource: Resource) -> bool:
        """Whether it may change a resource without a patch."""
        return self._renames(resource) or self._transformers.concern(resource.name)

    def change(self, item: Built) -> None:
        """Change a resource as is said without a patch."""
        if self._renames(item.resource):
            item.resource = replace(item.resource, namespace=self._namespace)
            item.changed = True
        changed = self._transformers.transformed(item.resource.node, item.resource.name)
        if changed is not item.resource.node:
            item.resource = replace(item.resource, node=changed)
            item.changed = True

    def _renames(self, resource: Resource) -> bool:
        """Whether it puts a resource into another namespace."""
        return self._namespace not in ("", resource.namespace) and resource.kind != "Namespace"
