"""A kustomization's patches: which resources each is for, and what becomes of them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.drafts import Value, member, text
from dindguard.formats.kubernetes.patches import Operation, Work, editing, merging, operations
from dindguard.formats.kubernetes.placeholders import scope_of
from dindguard.formats.kubernetes.resources import Resource
from dindguard.patterns import regex
from dindguard.records import record

if TYPE_CHECKING:
    from dindguard.formats.kubernetes.folders import Built

_FORM = regex(
    r"\^?(?P<before>[\w.*-]*)\((?:\?:)?(?P<choices>[\w|.*-]*)\)(?P<after>[\w.*-]*)\$?|\^?(?P<plain>[\w|*.-]*)\$?"
)
"""A target's pattern as far as it is read: words with ``.*`` in them, and alternatives, all of it or one group."""

_VALUES = 8
"""So many values of a patch cost what a resource does that is handed on."""

_COPYING = 8
"""What is copied costs so many times what is changed."""


@record
class Patch:
    """One patch and what it is for; without a target it names its own."""

    content: Node
    target: Node

    def meets(self, resource: Resource, draft: Value | None) -> bool:
        """Whether it applies to a resource, of which a draft may be newer."""
        if not self.target.is_mapping:
            return self._own == (resource.kind, resource.name)
        wanted, labels = self._wanted
        if not all(_fits(pattern, getattr(resource, key)) for key, pattern in wanted):
            return False
        own = member(member(draft or resource.node, "metadata"), "labels") if labels else resource.node
        return all(text(own, name) == value for name, value in labels)

    @cached_property
    def _own(self) -> tuple[str, str]:
        """The kind and the name that it names itself."""
        return self.content["kind"].content, self.content["metadata"]["name"].content

    @cached_property
    def _wanted(self) -> tuple[list[tuple[str, Node]], list[tuple[str, str]]]:
        """Patterns of the target by what they are for, and its labels: many resources are asked for them."""
        patterns = [(key, self.target[key]) for key in ("kind", "name", "namespace")]
        selector = self.target["labelSelector"].content
        labels = [part.replace("==", "=").partition("=") for part in selector.split(",")] if selector else []
        return (
            [(key, pattern) for key, pattern in patterns if pattern.content],
            [(name.strip(), value.strip()) for name, _, value in labels],
        )

    def weight(self, item: Built) -> int:
        """Return for how many resources it counts to patch one: by what the patch says, and by what it opens and copies."""
        copied = (self._growth - 1 + self._moves) * _COPYING
        return self._values // _VALUES + item.weight * (copied + (item.draft is None))

    @cached_property
    def _growth(self) -> int:
        """So many times as large a resource may become: each copy may double it."""
        copies = sum(each.kind == "copy" for each in self._operations)
        return 1 << min(copies, budget.PATCH_COPIES.most)

    @cached_property
    def _moves(self) -> int:
        return sum(each.kind == "move" for each in self._operations)

    @cached_property
    def _values(self) -> int:
        """How many values it says, those that aliases repeat among them."""
        return sum(1 for _ in self.content.walk())

    @cached_property
    def _operations(self) -> list[Operation]:
        return operations(self.content) if self.content.is_sequence else []

    def applied(self, item: Built) -> Work:
        """Return how it changes a resource."""
        draft = item.drafted()
        if self.content.is_sequence:
            item.size *= self._growth
            return editing(draft, self._operations, self.content)
        content = self.content.scoped(scope_of(item.resource.node))
        own = [
            (key, value) for key, value in content.pairs() if key.content not in ("apiVersion", "kind", "metadata")
        ]
        metadata = content["metadata"]
        further = [(key, value) for key, value in metadata.pairs() if key.content not in ("name", "namespace")]
        if further and metadata.key is not None:
            own.append((metadata.key, metadata.with_pairs(further)))
        return merging(draft, content.with_pairs(own), by_name=_has_schema(item.resource))


def _has_schema(resource: Resource) -> bool:
    """Whether the kind is one of Kubernetes' own; others' lists are replaced as a whole."""
    return "." not in resource.group or resource.group.endswith(".k8s.io")


def _fits(target: Node, value: str) -> bool:
    """Whether a target's pattern, an anchored regular expression, fits; a plain word is compared as it is."""
    pattern = target.content
    if pattern == value:
        return True
    if pattern.replace("-", "").isalnum():
        return False
    # Only these few forms are tried: a pattern of the scanned tree must not cost more than it is long.
    form = _FORM.fullmatch(pattern) if len(pattern) <= budget.PATCH_PATTERN.most else None
    if form is not None:
        grouped = form["choices"] is not None
        words = (form["choices"] if grouped else form["plain"]).split("|")
        before, after = (form["before"], form["after"]) if grouped else ("", "")
        return any(_wildcard(f"{before}{word}{after}", value) for word in words)
    budget.met(budget.PATCH_PATTERN, target)
    return False


def _wildcard(word: str, value: str) -> bool:
    """Whether a word fits, in which ``.*`` stands for anything."""
    first, *further = word.split(".*")
    if not further:
        return word == value
    *between, last = further
    if not value.startswith(first):
        return False
    at = len(first)
    for part in between:
        found = value.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return value.endswith(last) and len(value) >= at + len(last)
