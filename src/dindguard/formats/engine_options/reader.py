"""``/etc/default/docker`` and its like: ``NAME="…"`` lines, read by an init script or by a unit's ``EnvironmentFile=``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.formats import Context, Document, Reading
from dindguard.model.container_parts import EnvVar
from dindguard.model.launch import ServiceFile, ServiceKind
from dindguard.model.paths import machine_of
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.source import Source

_ASSIGNMENT = regex(r"""(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=("(?:\\.|[^"\\])*"|'[^']*'|[^\s#]*)""")


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read the variables of every file; an engine's options are among them."""
    del context
    reading = Reading()
    for document in documents:
        source = document.source
        variables = tuple(_variables(source))
        if variables:
            reading.services.append(
                ServiceFile(
                    kind=ServiceKind.VARIABLES,
                    service="docker",
                    machine=machine_of(source.path, embedded=source.embedded, part=source.machine),
                    path=source.hint or source.path,
                    span=source.whole(),
                    container=document.owner,
                    variables=variables,
                )
            )
    return reading


def _variables(source: Source) -> Iterator[EnvVar]:
    for found in _ASSIGNMENT.finditer(source.text):
        start, end = found.span(2)
        if end - start > 1 and source.text[start] in "\"'":
            start, end = start + 1, end - 1
        yield EnvVar(found[1], _located(source, start, end), source.span(*found.span()))


def _located(source: Source, start: int, end: int) -> Text:
    """Return a value each word of which knows its own place, and what decides about it in a template."""
    from dindguard.scripts.shell.pieces import Piece, word  # few scans have such a file

    return word([Piece(source.text[start:end], source, start, end)], source.span(start, end))
