"""Lists that patches change: items keep their names and their order, whatever comes and goes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from dindguard.documents import yaml
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.drafts import Items, finished, opened
from dindguard.source import Source
from support import steps


def node(value: Any) -> Node:
    return yaml.read(Source("x.yaml", json.dumps(value))).documents[0]


def names(items: Items) -> list[str]:
    return [each["name"].content for each in finished(items)]


def position(items: Items, place: float | None) -> int | None:
    """Return by which number an item is found that was found by its name."""
    numbers = [number for number in range(len(items.values)) if items.numbered(number) == place]
    return numbers[0] if numbers else None


@pytest.mark.parametrize("seed", range(20))
def test_items_are_found_by_name_and_number_after_any_changes(seed: int) -> None:
    chance = random.Random(seed)
    plain = [chance.choice("abcd") for _ in range(6)]
    items = opened(node([{"name": name} for name in plain]))
    assert isinstance(items, Items)
    for _ in range(300):
        number, name = chance.randrange(len(plain) + 1), chance.choice("abcd")
        match chance.choice(("insert", "insert", "remove", "rename", "remove by name")):
            case "insert":
                plain.insert(number, name)
                items.add(node({"name": name}), number)
            case "remove" if number < len(plain):
                del plain[number]
                items.put(items.numbered(number), None)
            case "rename" if number < len(plain):
                plain[number] = name
                items.put(items.numbered(number, None), node({"name": name}))
            case "remove by name" if name in plain:
                items.put(items.find("name", name), None)
                plain.remove(name)
        wanted = chance.choice("abcd")
        assert position(items, items.find("name", wanted)) == (plain.index(wanted) if wanted in plain else None)
        assert items.has("name") is bool(plain)
    assert names(items) == plain


def test_there_is_room_between_two_items_for_any_number_of_others() -> None:
    items = opened(node([{"name": "a"}, {"name": "z"}]))
    assert isinstance(items, Items)
    for number in range(200):
        items.add(node({"name": f"m{number}"}), 1)
        assert position(items, items.find("name", f"m{number}")) == 1
    assert names(items) == ["a", *(f"m{number}" for number in reversed(range(200))), "z"]


def test_what_a_list_is_asked_costs_the_same_however_many_items_were_taken_away() -> None:
    def work(size: int) -> Callable[[], None]:
        items = opened(node([{"name": f"n{number}"} for number in range(2 * size)]))
        assert isinstance(items, Items)

        def taken() -> None:
            for _ in range(size):
                items.put(items.numbered(0), None)
                assert items.has("name")
                assert items.find("name", f"n{2 * size - 1}") is not None

        return taken

    small, large = (steps(work(size)) for size in (100, 400))
    assert large < 4 * small * 1.1
