"""Settings that all steps of an object have in common: written once, and given to each of them."""

from __future__ import annotations

from dindguard import budget
from dindguard.documents import yaml
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.resources import Resource, size_of
from dindguard.records import replace
from dindguard.source import Gravity, Notice, Source

_LENGTH = 4
"""For so many characters of an object one value more may be given to its steps."""


class CommonSettings:
    """Gives the steps of one object what they have in common, and counts how many values they are given again."""

    def __init__(self, resource: Resource) -> None:
        self._left = budget.COMMON_SETTINGS.most + size_of(resource) // _LENGTH
        self._values: dict[tuple[Source, int, int], int] = {}
        self._patches: dict[tuple[Source, int, int], Node | None] = {}

    def fit(self, settings: Node) -> bool:
        """Whether one more step may be given settings; the first always may."""
        place = (settings.source, settings.start, settings.end)
        if place not in self._values:
            self._values[place] = sum(1 for _ in settings.walk())
            return True
        self._left -= self._values[place]
        if self._left < 0:
            budget.met(budget.COMMON_SETTINGS, settings)
        return self._left >= 0

    def beneath(self, defaults: Node, node: Node) -> Node:
        """Return a mapping completed by defaults; lists of the defaults come first."""
        if not defaults.is_mapping or not self.fit(defaults):
            return node
        pairs = []
        for key, value in node.pairs():
            more = defaults[key.content]
            both = value.is_sequence and more.is_sequence and key.content in ("env", "volumeMounts", "volumes")
            pairs.append((key, value.with_items([*more, *value]) if both else value))
        pairs.extend((key, value) for key, value in defaults.pairs() if key.content not in node)
        return node.with_pairs(pairs)

    def patch(self, text: Node, notices: list[Notice]) -> Node | None:
        """Return what a text says that is a pod's patch: read once, for one may be each step's."""
        place = (text.source, text.start, text.end)
        if place not in self._patches:
            tree = yaml.read(text.document("yaml"))
            # What a template makes unreadable is only known once it is filled in.
            gravity = Gravity.NOTE if "{{" in text.content else Gravity.ERROR
            notices.extend(replace(notice, gravity=gravity) for notice in tree.notices)
            found = next(iter(tree.documents), None)
            self._patches[place] = found if found is not None and found.is_mapping else None
        found = self._patches[place]
        return found if found is not None and self.fit(found) else None
