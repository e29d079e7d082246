"""What a node of a located tree is, and in which scope it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dindguard.enumerations import StrEnum
from dindguard.model.values import Text

if TYPE_CHECKING:
    from dindguard.documents.tree import Node


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

    def concerns(self, content: str) -> bool:
        """Whether a scalar of this content has to know the scope: to all others it makes no difference."""

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its variables replaced as far as the files decide them."""


def indifferent(node: Node, scope: Scope) -> bool:
    """Whether a node is the same in a scope: most scalars are, and a copy of each was a tenth of a scan of manifests."""
    return (
        node.kind is Kind.SCALAR and node.scope is None and node.filled is None and not scope.concerns(node.content)
    )


class Unread(list[object]):
    """The items of a collection that an alias would have repeated once too often: none."""

    __slots__ = ()
