"""Reads ``.envrc``: a script for Bash, whose exports every command below its folder gets, engines' clients too.

Source: direnv's manual (``direnv(1)``, ``direnv-stdlib(1)``).
"""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.formats import Context, Document, Reading, add_client, read_scripts
from dindguard.model.container import EnvVar
from dindguard.scripts.commands import Dialect, commands


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every file of a scan."""
    reading = read_scripts(documents, Dialect.SHELL, context)
    used = {each.span.path for each in reading.invocations}
    for document in documents:
        exports = [EnvVar(each.name, each.value, each.span) for each in commands(document.source).exports]
        if document.source.path not in used:  # its own commands are told already
            add_client(reading, "direnv", exports)
    return reading
