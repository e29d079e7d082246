"""Makefiles: the containers and engines that their recipes start."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.formats import Context, Document, Reading
from dindguard.scripts.commands import Dialect, commands
from dindguard.scripts.meaning import script_model


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all Makefiles of one scan."""
    del context  # a Makefile is read by itself; what it includes is another file of the scan
    reading = Reading()
    for document in documents:
        found = commands(document.source, dialect=Dialect.MAKE)
        model = script_model(found, document.source, document.owner)
        reading.workloads += model.workloads
        reading.invocations += model.invocations
        reading.notices += model.notices
        reading.embedded += model.embedded
        reading.embedded += found.embedded
    return reading
