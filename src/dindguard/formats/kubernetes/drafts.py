"""An object while patches change it: what a patch costs hangs on what it says, not on all that stands beside its places."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from dindguard.documents.tree import Node

Place: TypeAlias = str | float
"""Where something is in a draft: a member at its name, an item at a number that sorts as the items stand."""


class Draft:
    """A mapping or a list that is changed in place; of what it holds, only what is changed is a draft, too."""

    __slots__ = ("_changed", "node", "values")

    def __init__(self, node: Node, values: dict[Place, Value]) -> None:
        self.node = node
        self.values = values
        """What it holds."""
        self._changed = False

    def opened(self, place: Place) -> Value:
        """Return what is at a place, as a draft if it can be one."""
        value = self.values[place]
        if isinstance(value, Node):
            value = self.values[place] = opened(value)
        return value

    def finished(self) -> Node:
        """Return what has become of it: the very same node if nothing has changed."""
        values = {place: finished(value) for place, value in self.values.items()}
        if self._changed or any(
            isinstance(old, Draft) and values[place] is not old.node for place, old in self.values.items()
        ):
            return self._made(values)
        return self.node

    def _made(self, values: dict[Place, Node]) -> Node:
        raise NotImplementedError


Value: TypeAlias = Node | Draft


class Members(Draft):
    """A mapping; its members are found by name."""

    __slots__ = ("_keys",)

    def __init__(self, node: Node) -> None:
        values: dict[Place, Value] = {}
        self._keys: dict[Place, Node] = {}
        for key, value in node.pairs():
            values.pop(key.content, None)  # the last of equal names counts
            values[key.content], self._keys[key.content] = value, key
        super().__init__(node, values)

    def name(self, key: Node, value: Value | None) -> None:
        """Have a member of a name, in the place of the one before; or none."""
        self._changed = True
        if value is None:
            self.values.pop(key.content, None)
        else:
            self._keys[key.content] = self._keys[key.content] if key.content in self.values else key
            self.values[key.content] = value

    def _made(self, values: dict[Place, Node]) -> Node:
        return self.node.with_pairs([(self._keys[name], value) for name, value in values.items()])


class Items(Draft):
    """A list; its items are found by what each has as a key, or by number.

    An item keeps its place while others come and go: what was looked up is not looked up again for each change.
    """

    __slots__ = ("_loose", "_order", "_places")

    def __init__(self, node: Node) -> None:
        super().__init__(node, {})
        self._place(node.items())

    def _place(self, values: Sequence[Value]) -> None:
        """Give items their places."""
        self._order = [float(number) for number in range(len(values))]
        self.values = dict(zip(self._order, values, strict=True))
        self._places: dict[str, dict[str, list[float]]] = {}
        """By key, and by what items have as that: where they are, in order, and where some were."""
        self._loose: list[float] = []
        """Items that are new, or may have another name by now."""

    def find(self, key: str, name: str) -> float | None:
        """Return where the first item is that has ``name`` as its ``key``."""
        places = self._by(key).get(name, [])
        while places and self._named(key, places[0]) != name:
            del places[0]
        return places[0] if places else None

    def has(self, key: str) -> bool:
        """Whether any item has a key."""
        places = self._by(key)
        while (name := next(filter(None, places), None)) is not None:
            if self.find(key, name) is not None:
                return True
            del places[name]  # nothing has that name any more
        return False

    def _by(self, key: str) -> dict[str, list[float]]:
        for known in self._places:
            self._list(known, self._loose)
        self._loose.clear()
        if key not in self._places:
            self._places[key] = {}
            self._list(key, self._order)
        return self._places[key]

    def _list(self, key: str, places: Iterable[float]) -> None:
        for place in places:
            name = self._named(key, place)
            if name is not None:
                insort(self._places[key].setdefault(name, []), place)

    def _named(self, key: str, place: float) -> str | None:
        value = self.values.get(place)
        return None if value is None else text(value, key)

    def put(self, place: float, value: Value | None) -> None:
        """Have the item at a place changed in all but the keys that items are found by, or taken away."""
        self._changed = True
        if value is not None:
            self.values[place] = value
        elif self.values.pop(place, None) is not None:
            del self._order[bisect_left(self._order, place)]

    def add(self, value: Value, number: int | None = None) -> None:
        """Put an item before the one of a number, or to the end."""
        self._changed = True
        at = len(self._order) if number is None else min(number, len(self._order))
        place = self._between(at)
        self.values[place] = value
        self._order.insert(at, place)
        self._loose.append(place)

    def _between(self, number: int) -> float:
        """Return a place before that of a number; they are given anew where there is none."""
        if not self._order:
            return 0.0
        if number in (0, len(self._order)):
            return self._order[0] - 1 if number == 0 else self._order[-1] + 1
        before, after = self._order[number - 1 : number + 1]
        place = (before + after) / 2
        if before < place < after:
            return place
        self._place([self.values[each] for each in self._order])
        return self._between(number)

    def numbered(self, number: int, changing: str | None = "") -> float | None:
        """Return where the item of a number is, of which a member, or with ``None`` anything, will be changed."""
        if number >= len(self._order):
            return None
        place = self._order[number]
        if changing is None or changing in self._places:
            self._loose.append(place)
        return place

    def _made(self, values: dict[Place, Node]) -> Node:
        return self.node.with_items([values[place] for place in self._order])


def opened(node: Node) -> Value:
    """Return a draft of a mapping or a list; anything else as it is."""
    return Members(node) if node.is_mapping else Items(node) if node.is_sequence else node


def finished(value: Value) -> Node:
    """Return what has become of a value that may be a draft."""
    return value.finished() if isinstance(value, Draft) else value


def member(value: Value, name: str) -> Value:
    """Return the member of a mapping, or the hole where it could be."""
    if isinstance(value, Members):
        found = value.values.get(name)
        return value.node.hole(name) if found is None else found
    return value[name] if isinstance(value, Node) else value.node.hole(name)


def text(value: Value, name: str) -> str:
    """Return what is written as the member of a mapping; nothing of what is no scalar."""
    found = member(value, name)
    return found.content if isinstance(found, Node) else ""
