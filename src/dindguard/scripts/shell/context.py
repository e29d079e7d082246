"""Where a command runs, and what was found so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dindguard import budget
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

    def having(self, environment: Sequence[tuple[str, Text]]) -> Context:
        """Return the context of a command that some variables stand before; few commands have any."""
        return self._replace(environment=(*self.environment, *environment)) if environment else self

    def within(self, layer: Layer) -> Context:
        """Return the context of what ``layer`` starts."""
        return self._replace(
            remote=layer.remote or self.remote,
            wrappers=(*self.wrappers, layer.name),
            environment=(*self.environment, *layer.assignments),
        )


_OF_A_SHORT_SCRIPT = 4_096
"""So many characters any script may have read again. Otherwise that grows with its length: a file can hold many of them."""

_PER_COMMAND = 100
"""What is found costs whoever judges it as much as so many characters cost the shell's reader."""


class Collected:
    """What was found, in all scripts of one text."""

    def __init__(self, programs: frozenset[str]) -> None:
        self.programs = programs
        self.commands: list[Command] = []
        self.embedded: list[Embedded] = []
        self.exports: list[Export] = []
        self.notices: list[Notice] = []
        self.others: set[str] = set()
        """What runs besides, passed over because it is none of the programs."""
        self.told_others = True
        """These are all: nothing was passed over of which only those who look for every program could tell what it runs."""
        self.files: dict[str, Sequence[Piece] | None] = {}
        """What was written into files, by their names as typed; ``None`` where nobody sees it."""
        self.muted = False
        """A function is only read for what it assigns: nothing is collected."""
        self.length = 0
        """How many characters the scripts have."""
        self.repeated = 0
        """How many characters were read again because a function is called with other arguments, by what that costs."""

    def pass_over(self, program: str) -> None:
        """Note that a command runs which is none of the programs."""
        if not self.muted:
            self.others.add(program)

    def again(self, length: int) -> bool:
        """Whether a call may read a function's body of so many characters once more."""
        self.repeated += length
        return self.repeated <= self._most

    def ever_again(self, length: int) -> bool:
        """Whether a body of so many characters may be read a second time at all."""
        return length <= self._most

    @property
    def _most(self) -> int:
        return min(budget.REPEATED_CALLS.most, _OF_A_SHORT_SCRIPT + 9 * self.length)


class Body:
    """What the body of one function gives, call by call, each thing once."""

    def __init__(self, collected: Collected) -> None:
        self._out = collected
        self._found: tuple[list[Any], ...] = (
            collected.commands, collected.embedded, collected.exports, collected.notices,
        )  # fmt: skip
        self._read = [len(each) for each in self._found]
        self._known: list[set[object]] = [set() for _ in self._found]
        self.gave_anything = False
        """Whether there is anything that somebody may read: a log is not."""

    def keep_new(self) -> None:
        """Take back what the last call gave and one before it had given, with other arguments."""
        for number, (each, known) in enumerate(zip(self._found, self._known, strict=True)):
            for found in _taken(each, self._read[number]):
                identity = _identity(found)
                if identity not in known:
                    known.add(identity)
                    each.append(found)
                    self._out.repeated += _PER_COMMAND
                    self.gave_anything |= not (isinstance(found, Embedded) and found.source.hint.endswith(".log"))
            self._read[number] = len(each)


def _taken(found: list[Any], first: int) -> list[Any]:
    """Take what stands at ``first`` and after it off a list."""
    taken = found[first:]
    del found[first:]
    return taken


def _identity(found: Any) -> object:
    if isinstance(found, Command):
        return found.span, tuple(word.pattern for word in found.words), found.inside is None
    if isinstance(found, Embedded):
        return found.source.hint, found.source.text, found.source.segments
    return found.span
