"""Takes secrets out of what an engine or a cluster says, before anybody else sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dindguard.records import record

MASK = "***"
_PIECE = re.compile(r".{1,900}(?:\s|\Z)|.{1,900}", re.DOTALL)


@record
class Redaction:
    """What may be kept: ``shown`` tells it of a variable's name, ``masked`` replaces credentials in a short text."""

    shown: Callable[[str], bool]
    masked: Callable[[str], str]

    def variable(self, entry: str) -> str:
        """Return ``NAME=value`` with the value masked, unless variables of that name say how engines run."""
        name, equals, _ = entry.partition("=")
        return entry if self.shown(name) else f"{name}{equals}{MASK if equals else ''}"

    def text(self, text: str) -> str:
        """Return a command or script without credentials."""
        return "\n".join("".join(map(self.masked, _PIECE.findall(line))) for line in text.split("\n"))

    def words(self, value: Any) -> Any:
        """Return the strings of a list, or the one string, without credentials; anything else as it is."""
        if isinstance(value, str):
            return self.text(value)
        return [self.words(item) for item in value] if isinstance(value, list) else value
