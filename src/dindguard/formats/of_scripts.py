"""What every format of scripts does with a text: its commands, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.formats import Document, Reading
from dindguard.records import replace
from dindguard.scripts.commands import Dialect, commands
from dindguard.scripts.meaning import script_model


def read_scripts(documents: Sequence[Document], dialect: Dialect) -> Reading:
    """Return what scripts of one language start, reach and write."""
    reading = Reading()
    for document in documents:
        found = commands(document.source, dialect=dialect)
        model = script_model(found, document.source, document.owner)
        reading.workloads += model.workloads
        reading.invocations += model.invocations
        reading.notices += model.notices
        reading.embedded += model.embedded
        reading.embedded += [replace(embedded, owner=document.owner) for embedded in found.embedded]
    return reading
