"""Units and drop-ins: what they start, with which variables, and where their sockets listen.

Source of the syntax: systemd.service(5), systemd.socket(5), systemd.exec(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dindguard.documents.placeholders import substitute
from dindguard.documents.sections import Entry, read_unit
from dindguard.formats import Context, Document, Reading
from dindguard.model import paths
from dindguard.model.container_parts import EnvVar
from dindguard.model.engine_settings import SETTINGS_FILE, configuration_files
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.launch import ServiceFile, ServiceKind
from dindguard.model.paths import machine_of
from dindguard.model.values import Text, unknown
from dindguard.patterns import regex
from dindguard.scripts.commands import argv_commands, names_an_engine, source_words
from dindguard.scripts.invocations import meanings
from dindguard.scripts.meaning import script_model
from dindguard.source import Embedded, Source

_NAME = regex(r"(?<![^/])([^/]+?)\.(service|socket)(\.d/[^/]+|\.conf)?(?:\.\w+)?$")
_EXEC = frozenset({"ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost"})
_PREFIXES = "-@:+!|"
_NAMED_ITSELF = regex(r"\S+\s++(\S)")
"""Behind ``@`` the first word is the program, and the second one what it is told to be called (systemd.service(5))."""
_ENGINE = regex(r"dockerd|docker\s+daemon|containerd|buildkitd|system\s+service")
_VARIABLE = regex(r"\$\{(\w+)\}|\$([A-Za-z_]\w*)|\$\$")
_PORT = regex(r"\d+$")
_OPEN_MODE = regex(r"[0-7]?[0-7]{2}[2367]")
_SOCKETS = {
    "docker": "/run/docker.sock",
    "podman": "/run/podman/podman.sock",
    "buildkit": "/run/buildkit/buildkitd.sock",
}
"""Where the packaged socket units listen, whose drop-ins need not say it."""


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every unit and drop-in."""
    reading = Reading()
    for document in documents:
        before = len(reading.services)
        _read_unit(document, reading)
        reading.embedded += _settings(reading.services[before:], document, context)
    return reading


def _read_unit(document: Document, reading: Reading) -> None:
    source = document.source
    path = source.hint or source.path
    found = _NAME.search(path)
    entries = read_unit(source)
    if not any(entry.section in ("Service", "Socket") for entry in entries):
        return
    starts = [_command(entry.value) for entry in entries if entry.section == "Service" and entry.key == "ExecStart"]
    name, ending = (found[1], found[2]) if found is not None else (_engines_service(starts), "service")
    reading.services.append(
        ServiceFile(
            kind=_kind(found[3] is not None, ending) if found is not None else ServiceKind.DROP_IN,
            service=_service(name, entries) if ending == "socket" else name,
            machine=machine_of(source.path, embedded=source.embedded, part=source.machine),
            path=path,
            span=source.whole(),
            container=document.owner,
            commands=tuple(source_words(each) for each in _after_reset(starts) if _ENGINE.search(each.text)),
            resets=any(not each.text for each in starts),
            variables=tuple(_variables(entries)),
            reads=tuple(_value(each.value) for each in entries if each.key == "EnvironmentFile" and each.value.text),
            addresses=tuple(_addresses(entries)) if ending == "socket" else (),
        )
    )
    reading.invocations += _permissions(name, entries) if ending == "socket" else ()
    variables = {variable.name: variable.value for variable in _variables(entries)}
    for entry in entries:
        if entry.section == "Service" and entry.key in _EXEC:
            _read_containers(_command(entry.value), variables, document, reading)


def _settings(services: Sequence[ServiceFile], document: Document, context: Context) -> Iterator[Embedded]:
    """Yield the files beside a unit that its engine is told to read its settings from, whatever they are called.

    Units of one machine are joined when all are read.
    """
    for service in services:
        for path in sorted(configuration_files(word for words in service.commands for word in words)):
            beside = f"{service.machine.rstrip('/')}/{path.lstrip('/')}".lstrip("/")
            found = context.open(beside) if path != SETTINGS_FILE and not document.source.embedded else None
            if found is not None:
                yield Embedded(Source(found.path, found.text, hint=SETTINGS_FILE), document.owner)


def _engines_service(starts: Sequence[Source]) -> str:
    """Return the service that a drop-in of any name is for: that of the engine which it starts."""
    programs = [match.group() for each in starts if (match := _ENGINE.search(each.text)) is not None]
    if not programs:
        return ""
    other = {"containerd": "containerd", "buildkitd": "buildkit", "system service": "podman"}
    return other.get(programs[-1], "docker")


def _service(name: str, entries: Sequence[Entry]) -> str:
    """Return the service that a socket unit starts: the one it names, else its namesake.

    ``docker-tcp.socket`` is how a second socket of Docker's has been called since CoreOS described it.
    """
    named = [entry.value.text for entry in entries if entry.section == "Socket" and entry.key == "Service"]
    if named and named[-1]:
        return named[-1].removesuffix(".service")
    return "docker" if name == "docker-tcp" else name


def _kind(added: bool, ending: str) -> ServiceKind:
    """Return what a file is by its name; a template of a unit (``docker.service.j2``) is one."""
    if ending == "socket":
        return ServiceKind.SOCKET
    return ServiceKind.DROP_IN if added else ServiceKind.UNIT


def _command(value: Source) -> Source:
    """Return a command line without the signs in front of it, and as it calls itself: ``@/usr/bin/docker docker run …``."""
    start = len(value.text) - len(value.text.lstrip(_PREFIXES))
    named = _NAMED_ITSELF.match(value.text, start) if "@" in value.text[:start] else None
    return value.part(named.start(1) if named is not None else start, len(value.text), hint="value")


def _after_reset(starts: Sequence[Source]) -> Sequence[Source]:
    """Return what counts: an empty assignment takes back all before it."""
    empty = max((index for index, each in enumerate(starts) if not each.text), default=-1)
    return starts[empty + 1 :]


def _variables(entries: Sequence[Entry]) -> Iterator[EnvVar]:
    for entry in entries:
        if entry.section == "Service" and entry.key == "Environment":
            for word in source_words(entry.value):
                name, separator, _ = word.pattern.partition("=")
                if separator:
                    yield EnvVar(name, word.part(len(name) + 1, len(word.pattern)), word.span)


def _expanded(word: Text, variables: Mapping[str, Text]) -> Text:
    """Return a word with the variables that the unit sets; those of its files and its manager are not known."""

    def replaced(match: re.Match[str]) -> Text | str:
        name = match[1] or match[2]
        if name is None:
            return "$"
        value = variables.get(name)
        split = value is not None and match.group() == word.pattern and " " in value.pattern
        return unknown(word.span, name, match.group()) if value is None or split else value

    return substitute(word, _VARIABLE, replaced)


def _value(value: Source) -> Text:
    return Text(value.text, value.span(0, len(value.text)))


def _addresses(entries: Sequence[Entry]) -> Iterator[Text]:
    """Yield where a socket unit listens, as an engine's option would say it."""
    listening = [entry.value for entry in entries if entry.section == "Socket" and entry.key == "ListenStream"]
    for value in _after_reset(listening):
        text = _value(value)
        if _PORT.match(value.text):
            yield Text(f"tcp://0.0.0.0:{value.text}", text.span, raw=value.text)
        elif value.text.startswith("/"):
            yield Text(f"unix://{value.text}", text.span, raw=value.text)
        elif ":" in value.text and not value.text.startswith(("vsock:", "@")):
            yield Text(f"tcp://{value.text}", text.span, raw=value.text)


def _permissions(name: str, entries: Sequence[Entry]) -> Iterator[Invocation]:
    """Yield the mode of an engine's socket if it lets every user in (systemd.socket(5), ``SocketMode=``)."""
    told = [each.value.text for each in entries if each.section == "Socket" and each.key == "ListenStream"]
    path = next((each for each in told if paths.socket_at(paths.normalise(each))), _SOCKETS.get(name, ""))
    modes = [each.value for each in entries if each.section == "Socket" and each.key == "SocketMode"]
    if path and modes and _OPEN_MODE.fullmatch(modes[-1].text):
        mode = _value(modes[-1])
        yield Invocation(
            kind=InvocationKind.SOCKET_PERMISSION,
            program="systemd",
            words=(Text(f"SocketMode={mode}", mode.span, raw=mode.raw),),
            span=mode.span,
            subject=Text(path, mode.span),
            address=f"{name}.socket.SocketMode",
        )


def _read_containers(command: Source, variables: Mapping[str, Text], document: Document, reading: Reading) -> None:
    """Read what a command line runs, apart from an engine, as a script of one line."""
    if not names_an_engine(command.text):
        return
    found = argv_commands([_expanded(word, variables) for word in source_words(command)])
    starts = {each for each, meaning in meanings(found.commands) if meaning.kind is InvocationKind.ENGINE_START}
    kept = tuple(each for each in found.commands if each not in starts)
    if not kept:
        return
    model = script_model(found._replace(commands=kept), command, document.owner)
    reading.workloads += model.workloads
    reading.invocations += model.invocations
    reading.notices += model.notices
