"""Typed values out of a located tree; the first fault is raised, with its place and what would be right."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.patterns import decimal
from dindguard.rules import nearest
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.documents.tree import Node

_NO_TEXT = re.compile(
    r"|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
"""Plain scalars that YAML 1.2 takes for something else than a text (core schema, 10.3.2)."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_text(node: Node) -> bool:
    """Whether a scalar is a text for every reader of YAML, JSON and TOML."""
    return node.is_scalar and (node.style != "" or _NO_TEXT.fullmatch(node.content) is None)


def date_of(text: str) -> dt.date | None:
    """Return the day that a text such as ``2027-03-31`` names; ``None`` for every other spelling."""
    try:
        return dt.date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def quoting(node: Node) -> str:
    """Return the advice to quote a scalar that is no text; ``""`` for anything else."""
    return f": write '{node.content}' in quotes" if node.is_scalar and node.content else ""


class Reader:
    """Reads typed values out of a located tree; the first fault raises with its place."""

    def __init__(self, node: Node, prefix: str = "") -> None:
        self.node = node
        self.prefix = prefix
        self.origins: dict[str, Span] = {}
        self._asked: list[str] = []

    def take(self, key: str) -> Node | None:
        """Return a key's value, ``None`` without one; the key counts as known."""
        self._asked.append(key)
        found = self.node[key]
        if not found.present:
            return None
        self.origins[self.prefix + key] = found.span
        return found

    def fault(self, node: Node, problem: str) -> UserError:
        """Return the error for a node: file, line, column and what would be right."""
        return UserError(f"{node.span}: {problem}")

    def word(self, key: str, allowed: Collection[str], default: str) -> str:
        """Return one of the words that are allowed."""
        found = self.take(key)
        if found is None:
            return default
        if not is_text(found) or found.content not in allowed:
            raise self.fault(
                found, f"'{self.prefix}{key}' must be one of {', '.join(allowed)}{nearest(found.content, allowed)}"
            )
        return found.content

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        found = self.take(key)
        if found is None:
            return default
        if not is_text(found):
            raise self.fault(found, f"'{self.prefix}{key}' must be a text{quoting(found)}")
        return found.content

    def number(self, key: str, default: int, most: int | None = None) -> int:
        """Return a whole number above 0, and at most ``most``."""
        found = self.take(key)
        if found is None:
            return default
        value = found.integer if found.style == "" else None
        if value is None or value < 1:
            raise self.fault(found, f"'{self.prefix}{key}' must be a whole number above 0")
        if most is not None and value > most:
            raise self.fault(found, f"'{self.prefix}{key}' is at most {most} here")
        return value

    def yes(self, key: str, default: bool) -> bool:
        """Return true or false."""
        found = self.take(key)
        if found is None:
            return default
        if found.style or found.content not in ("true", "false"):
            raise self.fault(found, f"'{self.prefix}{key}' must be true or false")
        return found.content == "true"

    def texts(self, key: str, default: tuple[str, ...] = (), allowed: Collection[str] = ()) -> tuple[str, ...]:
        """Return a list of texts, each one of ``allowed`` unless that is empty."""
        found = self.take(key)
        if found is None:
            return default
        if not found.is_sequence:
            raise self.fault(found, f"'{self.prefix}{key}' must be a list of texts")
        for item in found:
            if not is_text(item) or not item.content:
                raise self.fault(item, f"'{self.prefix}{key}' must be a list of texts{quoting(item)}")
            if allowed and item.content not in allowed:
                raise self.fault(
                    item, f"'{item.content}' is none of {', '.join(allowed)}{nearest(item.content, allowed)}"
                )
            self.origins[f"{self.prefix}{key}.{item.content}"] = item.span
        return tuple(item.content for item in found)

    def lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """Return a mapping of names to lists of texts."""
        found = self.mapping(key)
        if found is None:
            return {}
        inner = Reader(found, f"{self.prefix}{key}.")
        values = {name: inner.texts(name) for name in found.keys()}
        inner.no_other_keys()
        return values

    def version(self, key: str, example: str) -> tuple[int, ...]:
        """Return a version's numbers, empty without one; ``example`` is shown to whoever wrote something else."""
        found = self.take(key)
        if found is None:
            return ()
        pieces = found.content.split(".") if found.is_scalar else []
        numbers = tuple(number for number in map(decimal, pieces) if number is not None)
        if not numbers or len(numbers) < len(pieces):
            raise self.fault(found, f"'{self.prefix}{key}' must be a version such as '{example}'")
        return numbers

    def mapping(self, key: str) -> Node | None:
        """Return the node of a mapping; ``None`` without one."""
        found = self.take(key)
        if found is not None and not found.is_mapping:
            raise self.fault(found, f"'{self.prefix}{key}' must be a mapping")
        return found

    def no_other_keys(self) -> None:
        """Raise for a key that nobody asked for, and for one that stands twice."""
        seen: set[str] = set()
        for key, _ in self.node.pairs():
            if key.content in seen:
                raise self.fault(key, f"'{self.prefix}{key.content}' is there twice: keep one")
            seen.add(key.content)
            if key.content not in self._asked:
                name = f"{self.prefix}{key.content}"
                raise self.fault(key, f"there is no setting '{name}'{nearest(key.content, self._asked)}")
