"""Command lines of the container engines: the action, its options with their places, and its arguments.

Only what is certain is said. A word that the files do not decide and that may hold further options is kept
in ``doubts``; the options that were read stand, and others may be hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import cast

from dindguard.model.image import Image
from dindguard.model.values import Text
from dindguard.records import record
from dindguard.scripts.command import Command, base_name
from dindguard.scripts.engine_cli.flags import (
    ACTIONS,
    DAEMON,
    DAEMON_PROGRAMS,
    GLOBAL,
    MANAGEMENT,
    SHORT_ACTIONS,
)
from dindguard.scripts.engine_cli.words import Option, OptionReader, options_of
from dindguard.source import Span
from dindguard.vocabulary import EngineProduct

ENGINES = {
    "docker": EngineProduct.DOCKER,
    "podman": EngineProduct.PODMAN,
    "nerdctl": EngineProduct.CONTAINERD,
    "podman-remote": EngineProduct.PODMAN,
    "finch": EngineProduct.CONTAINERD,
    "docker-compose": EngineProduct.DOCKER,
    "podman-compose": EngineProduct.PODMAN,
}
"""Client programs, and the engine they speak to."""

_COMPOSE_PROGRAMS = frozenset({"docker-compose", "podman-compose"})


class _Call:
    """What every engine's command line has: its options, and the words that may hold more of them."""

    __slots__ = ()
    command: Command
    options: tuple[Option, ...]
    doubts: tuple[Text, ...]

    @property
    def span(self) -> Span:
        """The whole command."""
        return self.command.span

    @property
    def certain(self) -> bool:
        """Whether all options are known."""
        return not self.doubts

    def all(self, name: str) -> tuple[Option, ...]:
        """Return the uses of an option, in order."""
        return tuple([option for option in self.options if option.name == name])

    def last(self, name: str) -> Option | None:
        """Return the last use of an option, which is the one that counts unless it may be repeated."""
        found = self.all(name)
        return found[-1] if found else None


@record
class DockerCall(_Call):
    """A client's command line: ``docker [globals] action [options] [arguments]``.

    For ``run``, ``arguments`` is the image and its command. ``action`` is empty if the file does not decide
    it. ``doubts`` are the words that may hold further options.
    """

    engine: EngineProduct
    action: str
    command: Command
    globals: tuple[Option, ...] = ()
    options: tuple[Option, ...] = ()
    arguments: tuple[Text, ...] = ()
    doubts: tuple[Text, ...] = ()

    @cached_property
    def image(self) -> Image | None:
        """The image that it starts, or what stands in its place; ``None`` where the file does not tell."""
        return Image.parse(self.arguments[0]) if self.arguments else None

    def last_global(self, name: str) -> Option | None:
        """Return the last use of a global option (``host``, ``context``)."""
        return next((option for option in reversed(self.globals) if option.name == name), None)


@record
class DaemonCall(_Call):
    """An engine's own command line (``dockerd --host=…``)."""

    program: str
    command: Command
    options: tuple[Option, ...] = ()
    arguments: tuple[Text, ...] = ()
    doubts: tuple[Text, ...] = ()


def docker_call(command: Command) -> DockerCall | None:
    """Return what a client's command says; ``None`` if it is no client, or it starts the engine itself."""
    if command.call is Ellipsis:
        command.call = _read(command)
    return cast("DockerCall | None", command.call)


def _read(command: Command) -> DockerCall | None:
    engine = ENGINES.get(command.program)
    if engine is None:
        return None
    words = command.arguments
    if command.program in _COMPOSE_PROGRAMS:
        return _compose(engine, command, words, ())
    head = OptionReader(words, GLOBAL)
    head.read()
    rest = words[head.position :]
    if not rest:
        return DockerCall(engine, "", command, tuple(head.options), doubts=tuple(head.doubts))
    action, width = _action(rest)
    if action in ("daemon", "system service"):
        return None
    if action == "compose":
        return _compose(engine, command, rest[1:], tuple(head.options))
    return _call(engine, action, command, rest[width:], tuple(head.options), tuple(head.doubts))


def daemon_call(command: Command) -> DaemonCall | None:
    """Return what an engine's own command line says; ``None`` if the command starts none."""
    words = command.arguments
    program = command.program
    if program in ENGINES:
        found = next((index for index, word in enumerate(words) if not word.pattern.startswith("-")), len(words))
        text = [word.pattern for word in words[found : found + 2]]
        if text[:1] == ["daemon"]:
            words = words[found + 1 :]
        elif text == ["system", "service"] and ENGINES[program] is EngineProduct.PODMAN:
            words = words[found + 2 :]
        else:
            return None
    elif program not in DAEMON_PROGRAMS:
        return None
    elif words and base_name(words[0].pattern) in DAEMON_PROGRAMS:
        words = words[1:]
    reader = OptionReader(words, DAEMON)
    reader.read()
    return DaemonCall(program, command, tuple(reader.options), tuple(reader.arguments), tuple(reader.doubts))


def _action(words: Sequence[Text]) -> tuple[str, int]:
    first = words[0].value
    if first is None:
        return "", 1
    if first in MANAGEMENT and first != "compose" and len(words) > 1:
        second = words[1].value
        if second is None:
            return "", 2
        action = f"{first} {second}"
        return SHORT_ACTIONS.get(action, action), 2
    return first, 1


def _call(
    engine: EngineProduct,
    action: str,
    command: Command,
    words: Sequence[Text],
    globals_: tuple[Option, ...],
    doubts: tuple[Text, ...],
) -> DockerCall:
    flags = ACTIONS.get(action)
    if flags is None:
        return DockerCall(engine, action, command, globals_, (), tuple(words), doubts)
    options, arguments, further = options_of(words, flags)
    return DockerCall(engine, action, command, globals_, options, arguments, (*doubts, *further))


def _compose(engine: EngineProduct, command: Command, words: Sequence[Text], outer: tuple[Option, ...]) -> DockerCall:
    head = OptionReader(words, ACTIONS["compose"])
    head.read()
    rest = words[head.position :]
    globals_ = (*outer, *head.options)
    if not rest or rest[0].value is None:
        return DockerCall(engine, "compose", command, globals_, (), tuple(rest), tuple(head.doubts))
    return _call(engine, f"compose {rest[0].value}", command, rest[1:], globals_, tuple(head.doubts))
