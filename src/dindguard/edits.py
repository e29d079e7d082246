"""What a rule's fix asks for, in terms of the model: formats and syntaxes decide how it is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Literal, TypeAlias

from dindguard.records import record
from dindguard.source import HasSpan

Value: TypeAlias = "str | bool | int"

Attribute: TypeAlias = Literal[
    "init", "limits.memory", "limits.pids", "stop_grace_period", "runtime", "user_namespace", "hostname",
    "read_only", "host_address", "token", "device", "unconfined", "user",
]  # fmt: skip
"""What :class:`Give` can set: attributes of a container (up to ``hostname``), a mount (``read_only``), a port
(``host_address``), and whether a workload gets its platform's ``token``. A container gets one more ``device``; it is
``unconfined`` by seccomp, AppArmor and masked paths when it has to make namespaces without being privileged, and may run as
a ``user`` by number."""


@record
class Remove:
    """Take away what stands at a place: a setting with its value, an item of a list, an option with its value."""

    at: HasSpan


@record
class RemovePart:
    """Take ``word`` out of the options that stand in one text with other things (``/srv:/srv:rshared,ro``)."""

    at: HasSpan
    word: str


@record
class Rename:
    """Write the name ``new`` for the setting ``old`` that stands at a place, and keep its value."""

    at: HasSpan
    old: str
    new: str


@record
class Set:
    """Write ``value`` for the text, flag or part of a text that stands at a place."""

    at: HasSpan
    value: Value


@record
class Give:
    """Give an object of the model an attribute that nobody wrote, or that is written otherwise."""

    to: HasSpan
    attribute: Attribute
    value: Value


@record
class Variable:
    """Give a container an environment variable."""

    to: HasSpan
    name: str
    value: str


@record
class Volume:
    """Give a container a volume of its workload, declared there when it is not yet.

    ``to`` is the container, or a mount of it whose place the volume takes.
    """

    to: HasSpan
    name: str
    target: str
    read_only: bool = False


@record
class Await:
    """Let a container start only once another one of its workload answers ``command``."""

    to: HasSpan
    other: HasSpan
    name: str
    command: tuple[str, ...]


@record
class Argument:
    """Add an argument to the list that is a container's command."""

    to: HasSpan
    text: str


@record
class EngineOptions:
    """Give an engine one more ``name=value`` for each of ``values``: options of its command line, or its file's.

    ``to`` is the container whose command starts it, or the configuration that it reads.
    """

    to: HasSpan
    name: str
    values: tuple[tuple[str, str], ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The options as a command line has them."""
        return tuple(f"--{self.name}={key}={value}" for key, value in self.values)


@record
class SocketProxy:
    """Put a filtering proxy beside a container: it has an engine's socket, and a network with that container alone.

    ``sections`` are the parts of the engine's API that it lets through, as its settings name them.
    """

    to: HasSpan
    name: str
    image: str
    socket: str
    sections: tuple[str, ...]


Edit: TypeAlias = (
    "Remove | RemovePart | Rename | Set | Give | Variable | Argument | EngineOptions | Volume | Await | SocketProxy"
)


def place_of(edit: Edit) -> HasSpan:
    """Return what an edit is about: where it is written."""
    return edit.at if isinstance(edit, (Remove, RemovePart, Rename, Set)) else edit.to


Plan: TypeAlias = Callable[[Any, Any], Iterable[Edit]]
"""From the subject and the problem that a rule reported to edits; none where this fix does not fit."""


@record(eq=False)
class Fixer:
    """One way to mend what a rule reports.

    ``says`` tells what it does, as the beginning of a sentence (``removes the option``). ``unsafe`` marks one that
    changes what runs. ``brings`` names rules whose findings it may bring: approvals that it needs, what is graver once it works.
    """

    says: str
    plan: Plan
    unsafe: bool = False
    brings: Collection[str] = ()


def removal(says: str, *, unsafe: bool = False, brings: tuple[str, ...] = ()) -> Fixer:
    """Return the fix that takes away what a rule blames; ``brings`` as for :class:`Fixer`."""
    return Fixer(says, _without, unsafe, brings)


def replacement(says: str, value: Value, *, unsafe: bool = False) -> Fixer:
    """Return the fix that writes ``value`` for what a rule blames."""

    def plan(_: object, problem: Any) -> Iterator[Edit]:
        yield Set(problem.at, value)

    return Fixer(says, plan, unsafe)


def _without(_: object, problem: Any) -> Iterator[Edit]:
    yield Remove(problem.at)
