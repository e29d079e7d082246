"""Changes of a located tree, before anybody says which characters they are."""

from __future__ import annotations

from typing import TypeAlias

from dindguard.documents.tree import Node
from dindguard.records import record

Content: TypeAlias = "str | bool | int | list[Content] | dict[str, Content]"


@record(eq=False)
class Cut:
    """Take away an entry of a mapping or an item of a list, and what then is empty around it.

    ``before`` counts the items right before it that go too: an option whose value it is.
    """

    node: Node
    before: int = 0


@record(eq=False)
class Overwrite:
    """Write another scalar where one stands."""

    node: Node
    value: str | bool | int


@record(eq=False)
class Put:
    """Put ``value`` at the end of a way below a mapping; what lacks on the way is made.

    A scalar takes the place of a scalar; anything else is only written anew with ``replaces``.
    """

    mapping: Node
    way: tuple[str, ...]
    value: Content
    replaces: bool = False


@record(eq=False)
class Append:
    """Add an item to the list at the end of a way below a mapping, last or ``first``; the list is made when it is not there."""

    mapping: Node
    way: tuple[str, ...]
    value: Content
    first: bool = False


Change: TypeAlias = "Cut | Overwrite | Put | Append"
