"""Takes secrets out of what an engine or a cluster says, before anybody else sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dindguard.records import record

MASK = "***"


@record
class Redaction:
    """What may be kept of what an engine or cluster says.

    ``shown`` tells it of a variable's name, ``masked`` replaces credentials in a text, ``listed`` in the words of a
    command, which tell each other's meaning; ``secret`` tells of a name that its value is a credential.
    """

    shown: Callable[[str], bool]
    masked: Callable[[str], str]
    listed: Callable[[Sequence[str]], list[str]]
    secret: Callable[[str], bool]

    def variable(self, entry: str) -> str:
        """Return ``NAME=value`` with the value masked, unless variables of that name say how engines run."""
        name, equals, _ = entry.partition("=")
        return self.masked(entry) if self.shown(name) else f"{name}{equals}{MASK if equals else ''}"

    def text(self, text: str) -> str:
        """Return a command or script without credentials."""
        return self.masked(text)

    def named(self, name: str, text: str) -> str:
        """Return what stands beside a name without credentials: all of it is one if the name says so."""
        return MASK if text and self.secret(name) else self.masked(text)

    def whole(self, value: Any, name: str = "") -> Any:
        """Return a document without credentials in any text of it, told by its form or by its name."""
        if isinstance(value, str):
            return self.named(name, value)
        if isinstance(value, list):
            return [self.whole(item, name) for item in value]
        if not isinstance(value, dict):
            return value
        return self.paired({key: self.whole(inner, key) for key, inner in value.items()})

    def paired(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return a name and its value, as headers and parameters are written, without a credential; else the same."""
        name, text = value.get("name"), value.get("value")
        both = isinstance(name, str) and isinstance(text, str)
        return {**value, "value": self.named(str(name), str(text))} if both else value

    def words(self, value: Any) -> Any:
        """Return the strings of a list, or the one string, without credentials; anything else as it is."""
        if isinstance(value, str):
            return self.masked(value)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            # An item may be a whole script, or a key of many lines: it is looked at whole first.
            return self.listed([self.masked(item) for item in value])
        return [self.words(item) for item in value] if isinstance(value, list) else value

    def commands(self, first: Any, second: Any) -> tuple[Any, Any]:
        """Return a program and its arguments, which stand in two lists, without credentials."""
        if not (isinstance(first, list) and isinstance(second, list)):
            return self.words(first), self.words(second)
        both = self.words([*first, *second])
        return both[: len(first)], both[len(first) :]
