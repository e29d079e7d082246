"""Reads MCP configurations: each server is a command, in words and without a shell, that runs for the agent's tools.

Source: the Model Context Protocol's documentation ("Connect to local servers": ``command``, ``args``, ``env``), and the
settings of its clients (a list as ``command``, ``disabled``, ``enabled``, ``${…}`` filled in by the client).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.placeholders import Unfilled
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.mcp import tables
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar
from dindguard.model.values import Text
from dindguard.model.workload import Platform, Workload, WorkloadKind, alone
from dindguard.records import replace
from dindguard.scripts.commands import argv_commands, split_words
from dindguard.scripts.meaning import script_model

_FOR_ENGINES = ("DOCKER_", "CONTAINER_")


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every configuration of a scan."""
    del context  # a configuration stands by itself
    reading = Reading()
    for document in documents:
        for name, table in tables(document.content.scoped(Unfilled())):
            for key, server in table.pairs():
                if server.is_mapping and not server["disabled"].flag().on and not _switched_off(server):
                    _read(f"{name}.{key.content}", key, server, document, reading)
    return reading


def _switched_off(server: Node) -> bool:
    return server["enabled"].present and server["enabled"].flag().off


def _read(address: str, key: Node, server: Node, document: Document, reading: Reading) -> None:
    words = _words(server)
    if not words:
        return
    variables = [*_variables(server)]
    machine = Container(
        name=key.content,
        address=address,
        kind=ContainerKind.SCRIPT,
        span=key.span,
        environment=Environment(each for each in variables if each.name.startswith(_FOR_ENGINES)),
    )
    given = [replace(each.value, value=f"{each.name}={each.value}", raw="") for each in variables if each.value.known]
    prefix = [replace(words[0], value="env", raw=""), *given] if given else []
    found = argv_commands([*prefix, *words])
    model = script_model(found, document.source, machine)
    if not model.workloads and not model.invocations:
        return
    reading.workloads += [_workload(machine), *model.workloads]
    reading.invocations += model.invocations
    reading.notices += model.notices
    reading.embedded += model.embedded


def _workload(machine: Container) -> Workload:
    return alone(machine, WorkloadKind.HOST, Platform.NONE)


def _words(server: Node) -> list[Text]:
    """Return the command: a program with ``args``, one list, or one line; ``cmd /c`` of Windows only passes it on."""
    command = server["command"] if server["command"].present else server["cmd"]
    words = [item.value for item in command.listed() if item.is_scalar and not item.is_null]
    arguments = [item.value for item in server["args"].items() if item.is_scalar]
    if len(words) == 1 and not arguments and " " in words[0].pattern:
        words = list(split_words(words[0]))
    words += arguments
    shell = [word.pattern.lower().removesuffix(".exe") for word in words[:2]]
    return words[2:] if shell == ["cmd", "/c"] else words


def _variables(server: Node) -> Iterator[EnvVar]:
    for name in ("env", "environment"):
        for key, value in server[name].pairs():
            if value.is_scalar and not value.is_null:
                yield EnvVar(key.content, value.value, key.span)
