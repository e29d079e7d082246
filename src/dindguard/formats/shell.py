"""Shell scripts, and the scripts inside other documents: the containers and engines that they start."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.documents.commandline import commands
from dindguard.documents.script_model import script_model
from dindguard.formats import Context, Document, Reading
from dindguard.records import replace


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all scripts of one scan."""
    del context  # a script is read by itself
    reading = Reading()
    for document in documents:
        found = commands(document.source)
        model = script_model(found, document.source, document.owner)
        if document.owner is not None:
            reading.programs += [(document.owner, command.program) for command in found.commands]
        reading.workloads += model.workloads
        reading.invocations += model.invocations
        reading.notices += model.notices
        reading.embedded += [replace(embedded, owner=document.owner) for embedded in found.embedded]
    return reading
