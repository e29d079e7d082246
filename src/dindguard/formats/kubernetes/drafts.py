"""An object while patches change it: what a patch costs hangs on what it says, not on all that stands beside its places."""

from __future__ import annotations

from typing import TypeAlias

from dindguard.documents.tree import Node


class Draft:
    """A mapping or a list that is changed in place; of what it holds, only what is changed is a draft, too."""

    __slots__ = ("_changed", "node", "values")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.values: list[Value | None] = [*node.values(), *node.items()]
        """What it holds; ``None`` for what was taken away."""
        self._changed = False

    def opened(self, place: int) -> Value | None:
        """Return what is at a place, as a draft if it can be one."""
        value = self.values[place]
        if isinstance(value, Node):
            value = self.values[place] = opened(value)
        return value

    def put(self, place: int, value: Value | None) -> None:
        """Have something else at a place, or nothing."""
        self._changed = True
        self.values[place] = value

    def finished(self) -> Node:
        """Return what has become of it: the very same node if nothing has changed."""
        values = [finished(value) if value is not None else None for value in self.values]
        if self._changed or any(
            isinstance(old, Draft) and new is not old.node for old, new in zip(self.values, values, strict=True)
        ):
            return self._made(values)
        return self.node

    def _made(self, values: list[Node | None]) -> Node:
        raise NotImplementedError


Value: TypeAlias = Node | Draft


class Members(Draft):
    """A mapping; its members are found by name."""

    __slots__ = ("_keys", "_places")

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._keys = [key for key, _ in node.pairs()]
        self._places: dict[str, int] = {}
        for place, key in enumerate(self._keys):
            if key.content in self._places:  # the last of equal names counts
                self.values[self._places[key.content]] = None
            self._places[key.content] = place

    def place(self, name: str) -> int | None:
        """Return where the member of a name is."""
        return self._places.get(name)

    def name(self, key: Node, value: Value | None) -> None:
        """Have a member of a name, in the place of the one before; or none."""
        place = self._places.get(key.content)
        if place is None:
            place = self._places[key.content] = len(self._keys)
            self._keys.append(key)
            self.values.append(None)
        self.put(place, value)
        if value is None:
            del self._places[key.content]

    def _made(self, values: list[Node | None]) -> Node:
        pairs = zip(self._keys, values, strict=True)
        return self.node.with_pairs([(key, value) for key, value in pairs if value is not None])


class Items(Draft):
    """A list; its items are found by what each has as a key, or by number."""

    __slots__ = ("_gaps", "_places")

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._gaps = False
        self._places: dict[str, dict[str, list[int]]] = {}
        """By key, and by what items have as that: where they are, and where some were."""

    def place(self, key: str, name: str) -> int | None:
        """Return where the first item is that has ``name`` as its ``key``."""
        places = self._by(key).get(name, [])
        while places and self.values[places[0]] is None:
            del places[0]
        return places[0] if places else None

    def has(self, key: str) -> bool:
        """Whether any item has a key."""
        return any(self._by(key))

    def _by(self, key: str) -> dict[str, list[int]]:
        if key not in self._places:
            places = self._places[key] = {}
            for place, value in enumerate(self.values):
                if value is not None:
                    name = value[key].content if isinstance(value, Node) else text(value, key)
                    places.setdefault(name, []).append(place)
        return self._places[key]

    def put(self, place: int, value: Value | None) -> None:
        """Have the item at a place changed in all but the keys that items are found by, or taken away."""
        super().put(place, value)
        self._gaps = self._gaps or value is None

    def add(self, value: Node) -> None:
        """Put an item to the end."""
        for key, places in self._places.items():
            places.setdefault(text(value, key), []).append(len(self.values))
        self._changed = True
        self.values.append(value)

    def change(self, number: int, values: list[Value], count: int = 1) -> None:
        """Have others in the place of so many items from a number on."""
        self._changed = True
        self._places.clear()
        self.values[number : number + count] = values

    def numbered(self, step: str = "") -> list[Value | None]:
        """Return the items by number; what has ``step`` in it must be found anew, for that will be changed."""
        if self._gaps or step in self._places:
            self._places.clear()
        if self._gaps:
            self.values, self._gaps = [value for value in self.values if value is not None], False
        return self.values

    def _made(self, values: list[Node | None]) -> Node:
        return self.node.with_items([value for value in values if value is not None])


def opened(node: Node) -> Value:
    """Return a draft of a mapping or a list; anything else as it is."""
    return Members(node) if node.is_mapping else Items(node) if node.is_sequence else node


def finished(value: Value) -> Node:
    """Return what has become of a value that may be a draft."""
    return value.finished() if isinstance(value, Draft) else value


def member(value: Value, name: str) -> Value:
    """Return the member of a mapping, or the hole where it could be."""
    if isinstance(value, Members):
        place = value.place(name)
        found = value.values[place] if place is not None else None
        return value.node.hole(name) if found is None else found
    return value[name] if isinstance(value, Node) else value.node.hole(name)


def text(value: Value, name: str) -> str:
    """Return what is written as the member of a mapping; nothing of what is no scalar."""
    found = member(value, name)
    return found.content if isinstance(found, Node) else ""
