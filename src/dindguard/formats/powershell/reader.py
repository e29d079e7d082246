"""PowerShell scripts: the containers and engines that they start."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dindguard.formats import Context, Document, Reading, add_client, read_scripts
from dindguard.model.container import EnvVar
from dindguard.patterns import regex
from dindguard.scripts.commands import Dialect, commands

_KEEPS = regex(r"SetEnvironmentVariable\([^()\n]{0,300}\b(?:User|Machine)\b|\bsetx\b", re.IGNORECASE)
"""What gives a variable to every program that the user, or anybody on the machine, starts from then on."""


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all scripts of one scan."""
    reading = read_scripts(documents, Dialect.POWERSHELL, context)
    used = {each.span.path for each in reading.invocations}
    for document in documents:
        source = document.source
        kept = [
            EnvVar(each.name, each.value, each.span)
            for each in (commands(source, dialect=Dialect.POWERSHELL).exports if _KEEPS.search(source.text) else ())
            if _KEEPS.search(source.line_text(each.span.line))
        ]
        if source.path not in used:  # its own commands are told already
            add_client(reading, source.name, kept)
    return reading
