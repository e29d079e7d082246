"""What an alias that is not followed leaves of a collection."""

from __future__ import annotations

from typing import Any


class Unread(list[Any]):
    """The items of a collection that an alias would have repeated once too often: none."""

    __slots__ = ()
