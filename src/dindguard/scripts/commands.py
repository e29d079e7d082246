"""Command lines: which commands a text runs, with what words, and where each word is written.

A tokenizer of our own that looks for commands where a shell would look for them. It follows scripts in
scripts (``sh -c``, ``ssh``, heredocs), variables that the file decides, and survives the templates of other
tools (``${{ }}``, ``{{ }}``). Text that is only printed, searched for or tested is no command. Nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dindguard import memory
from dindguard.enumerations import StrEnum
from dindguard.model.engine_settings import SETTINGS_FILE, configuration_files
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.scripts.command import Command, Commands, Export, Redirect
from dindguard.scripts.engine_cli.calls import ENGINES
from dindguard.scripts.engine_cli.flags import DAEMON_PROGRAMS, names
from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.interpreter import read_argv, read_script, unwrapped
from dindguard.scripts.shell.pieces import Script, Word, embedded_source
from dindguard.scripts.shell.split import split
from dindguard.scripts.shell.variables import Scopes, scalar
from dindguard.source import Embedded, Source
from dindguard.vocabulary import CREATES_CLUSTER, ENGINE_VARIABLES, FORWARDERS, HELM_WITH_FILES, SHELLS

__all__ = [
    "Command",
    "Commands",
    "Dialect",
    "Export",
    "Redirect",
    "argv_command",
    "argv_commands",
    "commands",
    "programs",
    "script_commands",
    "split_words",
]

PROGRAMS = (
    frozenset(ENGINES)
    | DAEMON_PROGRAMS
    | SHELLS
    | FORWARDERS
    | names(
        "buildctl buildctl-daemonless.sh buildah containerd rootlesskit gitlab-runner start-docker.sh wrapdocker dind"
        " curl wget apt-get apt apk dnf yum microdnf zypper pacman tdnf usermod useradd gpasswd adduser addgroup"
        " kubectl oc helm kind chmod chown setfacl chgrp systemctl service rc-service ln mount modprobe earthly"
    )
)
"""The programs whose commands are returned; all others are only followed into what they start."""

_NAMES = (
    "docker", "DOCKER", "podman", "PODMAN", "nerdctl", "NERDCTL", "buildkit", "buildctl", "containerd", "CONTAINER_",
    "container_engine", "container_binary", "container_cmd",
    "gitlab-runner", "earthly", "balena", "gha-runner-scale-set", "jenkins/jenkins", "jenkinsci/jenkins", "binderhub",
)  # fmt: skip
"""What names an engine, a client or a builder wherever it stands …"""

_IN_COMPANY = ("kubectl", "oc", "dind", "helm", "create cluster")
"""… and what does so with other words beside it."""

_RELEVANT = regex(
    "|".join(map(re.escape, _NAMES))
    + r"|(?:kubectl|oc)\b(?:(?!(?:kubectl|oc)\b)[^\n])*?\b(?:run|debug|patch)\b|\bdind\b|"
    r"(?:kubectl|oc) (?:(?!(?:kubectl|oc) )[^\n]){0,200}?(?:-f|--filename)[= ]?(?:-|/dev/stdin)(?![\w-])|"
    rf"(?:kind|KIND){CREATES_CLUSTER}|" + HELM_WITH_FILES
)


class Dialect(StrEnum):
    """How a text becomes words."""

    SHELL = "shell"
    MAKE = "make"
    JUST = "just"
    POWERSHELL = "powershell"
    BATCH = "batch"
    EXEC = "exec"
    """One command line without a shell: words and quotes only (systemd, supervisord, Compose strings)."""


def names_an_engine(text: str) -> bool:
    """Whether a text names an engine, a client or a builder at all; nothing else is read of a script."""
    return any(map(text.__contains__, _NAMES)) or (
        any(map(text.__contains__, _IN_COMPANY)) and _RELEVANT.search(text) is not None
    )


def mentions(text: str) -> int:
    """Return how often a text names one."""
    return sum(1 for _ in _RELEVANT.finditer(text))


def commands(
    source: Source, *, dialect: Dialect = Dialect.SHELL, given: Mapping[str, Text] | None = None
) -> Commands:
    """Return what ``source`` runs: a script, a CI step, the arguments of ``RUN``, or a Makefile.

    ``given`` are variables of a shell's surroundings.
    """
    if not names_an_engine(source.text):
        return Commands()
    if given:
        return _read(Script.of(source), dialect, given)
    return memory.of(("commands", dialect), source, lambda: _commands(source, dialect))


def _commands(source: Source, dialect: Dialect) -> Commands:
    if dialect in _READERS:
        collected = Collected(PROGRAMS)
        _READERS[dialect](source, collected)
        return _result(collected)
    return _read(Script.of(source), dialect)


def _make(source: Source, collected: Collected) -> None:
    from dindguard.scripts.makefile import read_makefile

    read_makefile(source, collected)


def _just(source: Source, collected: Collected) -> None:
    from dindguard.scripts.justfile import read_justfile

    read_justfile(source, collected)


def _powershell(source: Source, collected: Collected) -> None:
    from dindguard.scripts.windows import Shell, read_windows

    read_windows(Shell.POWERSHELL, Script.of(source), collected)


def _batch(source: Source, collected: Collected) -> None:
    from dindguard.scripts.windows import Shell, read_windows

    read_windows(Shell.BATCH, Script.of(source), collected)


_READERS = {Dialect.MAKE: _make, Dialect.JUST: _just, Dialect.POWERSHELL: _powershell, Dialect.BATCH: _batch}
"""Languages that are no shell's; each reader is imported when a text of its kind is there."""


class _Everything(frozenset[str]):
    """Holds every name."""

    def __contains__(self, name: object) -> bool:
        return True


def programs(source: Source, found: Commands) -> frozenset[str]:
    """Return the base names of all programs that a script runs; ``""`` for one that the file does not decide.

    ``found`` is what was read of the script for its commands: that mostly tells the other programs, too.
    """
    if found.others is not None:
        return found.others.union(command.program for command in found.commands)
    collected = Collected(_Everything())
    read_script(Script.of(source), collected)
    return frozenset(command.program for command in collected.commands)


def argv_programs(words: Sequence[Text]) -> frozenset[str]:
    """Return the base names of all programs that a list of words runs (``["sh", "-c", "sysctl -w …"]``)."""
    collected = Collected(_Everything())
    read_argv([_as_word(word) for word in words], collected)
    return frozenset(command.program for command in collected.commands)


def script_commands(text: Text, *, dialect: Dialect = Dialect.SHELL) -> Commands:
    """Return what a script runs that another document holds as a value."""
    return _read(Script.of_text(text), dialect) if text.pattern else Commands()


def argv_commands(words: Sequence[Text]) -> Commands:
    """Return what a list of words runs (``["sh", "-c", "dockerd & …"]``): the command, or those in its script."""
    collected = Collected(PROGRAMS)
    read_argv([_as_word(word) for word in words], collected)
    return _result(collected)


def argv_command(words: Sequence[Text]) -> Command:
    """Return a list of words as a command, with what only wraps it (``sudo``, ``tini --``) taken off."""
    if not words:
        raise ValueError("a command has at least one word")
    return unwrapped([_as_word(word) for word in words])


def split_words(text: Text) -> tuple[Text, ...]:
    """Return the words of one command line, by a shell's quoting rules and without expansion."""
    return tuple(split(Script.of_text(text)))


def source_words(source: Source) -> tuple[Text, ...]:
    """Return the words of a text that is one command line, by a shell's quoting rules and without expansion."""
    return tuple(split(Script.of(source)))


def _read(script: Script, dialect: Dialect, given: Mapping[str, Text] | None = None) -> Commands:
    collected = Collected(PROGRAMS)
    if dialect is Dialect.EXEC:
        read_argv(split(script), collected)
        return _result(collected)
    scopes = Scopes()
    for name, text in (given or {}).items():
        scopes.assign(name, scalar(Script.of_text(text).pieces))
        if not name.startswith(ENGINE_VARIABLES):
            scopes.export(name, text.span)
    read_script(script, collected, scopes=scopes)
    return _result(collected)._replace(others=frozenset(collected.others) if collected.told_others else None)


def files_written(source: Source) -> dict[str, Source]:
    """Return the documents that a script writes into files, whatever it does else, by the files' names."""
    collected = Collected(PROGRAMS)
    read_script(Script.of(source), collected)
    return {each.source.hint: each.source for each in collected.embedded}


def _name_settings(collected: Collected) -> None:
    """Read what was written into a file as the engine's settings, if an engine is told to find them there."""
    words = [word for command in collected.commands if command.program == "dockerd" for word in command.words]
    for path in configuration_files(words) if words else ():
        pieces = collected.files.get(path)
        source = embedded_source(pieces, SETTINGS_FILE) if pieces is not None else None
        if source is not None:
            kept = (each for each in collected.embedded if each.source.segments != source.segments)
            collected.embedded[:] = [*kept, Embedded(source)]


def _result(collected: Collected) -> Commands:
    _name_settings(collected)
    return Commands(
        tuple(collected.commands),
        tuple(collected.embedded),
        tuple(collected.exports),
        tuple(collected.notices),
    )


def _as_word(text: Text) -> Word:
    if isinstance(text, Word):
        return text
    pieces = tuple(Script.of_text(text).pieces)
    return Word(text.value, text.span, text.how, text.partial, text.variable, text.raw, pieces)
