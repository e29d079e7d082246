"""Where a command runs, and what was found so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dindguard.model.values import Text
from dindguard.named_tuples import NamedTuple
from dindguard.scripts.command import Command, Export
from dindguard.scripts.shell.pieces import Piece
from dindguard.scripts.shell.wrappers import Layer
from dindguard.source import Embedded, Notice


class Context(NamedTuple):
    """Where a command runs: on which host, in whose container, started by what."""

    remote: Text | None = None
    inside: Command | None = None
    wrappers: tuple[str, ...] = ()
    environment: tuple[tuple[str, Text], ...] = ()
    in_test: bool = False

    def within(self, layer: Layer) -> Context:
        """Return the context of what ``layer`` starts."""
        return self._replace(
            remote=layer.remote or self.remote,
            wrappers=(*self.wrappers, layer.name),
            environment=(*self.environment, *layer.assignments),
        )


class Collected:
    """What was found, in all scripts of one text."""

    def __init__(self, programs: frozenset[str]) -> None:
        self.programs = programs
        self.commands: list[Command] = []
        self.embedded: list[Embedded] = []
        self.exports: list[Export] = []
        self.notices: list[Notice] = []
        self.files: dict[str, Sequence[Piece] | None] = {}
        """What was written into files, by their names as typed; ``None`` where nobody sees it."""
        self.muted = False
        """A function is only read for what it assigns: nothing is collected."""

    def mark(self) -> tuple[int, ...]:
        """Return how much was found so far, of each kind."""
        return len(self.commands), len(self.embedded), len(self.exports), len(self.notices)

    def gave_anything(self, start: tuple[int, ...]) -> bool:
        """Whether anything was found since ``start`` that somebody may read: a log is not."""
        commands, embedded, exports, notices = start
        written = any(not each.source.hint.endswith(".log") for each in self.embedded[embedded:])
        return written or (len(self.commands), len(self.exports), len(self.notices)) != (commands, exports, notices)

    def keep_new(self, start: tuple[int, ...], again: tuple[int, ...]) -> None:
        """Take back what a function's body gave since ``again`` and had given since ``start``, with another call's arguments."""
        found: tuple[list[Any], ...] = (self.commands, self.embedded, self.exports, self.notices)
        for each, first, then in zip(found, start, again, strict=True):
            if len(each) > then:
                before = {_identity(one) for one in each[first:then]}
                each[then:] = [one for one in each[then:] if _identity(one) not in before]


def _identity(found: Any) -> object:
    if isinstance(found, Command):
        return found.span, tuple(word.pattern for word in found.words), found.inside is None
    if isinstance(found, Embedded):
        return found.source.hint, found.source.text, found.source.segments
    return found.span
