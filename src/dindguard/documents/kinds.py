"""What a node of a located tree is, and in which scope it is read."""

from __future__ import annotations

from typing import Protocol

from dindguard.enumerations import StrEnum
from dindguard.model.values import Text


class Kind(StrEnum):
    """What a node is."""

    MAPPING = "mapping"
    SEQUENCE = "sequence"
    SCALAR = "scalar"
    HOLE = "hole"


MERGE = "tag:yaml.org,2002:merge"
"""The tag of a key that merges a mapping into its own: the only one that has a meaning here."""


class Scope(Protocol):
    """An interpolation dialect together with the variables in force."""

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its variables replaced as far as the files decide them."""


class Unread(list[object]):
    """The items of a collection that an alias would have repeated once too often: none."""

    __slots__ = ()
