"""Reads ``.envrc``: a script for Bash, whose exports every command below its folder gets, engines' clients too.

Source: direnv's manual (``direnv(1)``, ``direnv-stdlib(1)``).
"""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.formats import Context, Document, Reading, read_scripts
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.scripts.command import Export
from dindguard.scripts.commands import Dialect, commands
from dindguard.scripts.shell.variables import ENGINE_VARIABLES


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every file of a scan."""
    del context  # a file is read by itself
    reading = read_scripts(documents, Dialect.SHELL)
    for document in documents:
        exports = [each for each in commands(document.source).exports if each.name.startswith(ENGINE_VARIABLES)]
        if any(each.name == "DOCKER_HOST" for each in exports) and not reading.invocations:
            reading.workloads.append(_client(exports))
    return reading


def _client(exports: Sequence[Export]) -> Workload:
    """Return the machine whose clients command the engine that the file names."""
    host = next(each for each in exports if each.name == "DOCKER_HOST")
    machine = Container(
        name="direnv",
        address="environment",
        kind=ContainerKind.SCRIPT,
        span=host.span,
        environment=Environment(EnvVar(each.name, each.value, each.span) for each in exports),
    )
    return Workload(
        name="direnv",
        address="environment",
        kind=WorkloadKind.HOST,
        platform=Platform.NONE,
        span=host.span,
        containers=(machine,),
    )
