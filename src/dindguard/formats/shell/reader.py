"""Shell scripts, and the scripts inside other documents: the containers and engines that they start."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.formats import Context, Document, Reading
from dindguard.scripts.command import Commands
from dindguard.scripts.commands import commands, names_an_engine, programs
from dindguard.scripts.meaning import script_model
from dindguard.source import Source


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all scripts of one scan."""
    reading = Reading()
    for document in documents:
        found = _commands(document.source, context)
        model = script_model(found, document.source, document.owner, context.open)
        owner = document.owner
        if owner is not None and owner.workload.starts_engine_beside(owner):
            reading.programs += [(owner, program) for program in _programs(document.source, found, context)]
        reading.workloads += model.workloads
        reading.invocations += model.invocations
        reading.notices += model.notices
        reading.embedded += model.embedded
    return reading


def _commands(source: Source, context: Context) -> Commands:
    """Return what a script runs; one that several jobs are handed is read once."""
    if source.parent is None or not names_an_engine(source.text):
        return commands(source)
    return context.once(source, "commands", lambda: commands(source))


def _programs(source: Source, found: Commands, context: Context) -> frozenset[str]:
    """Return the base names of all programs that a script runs."""
    return context.once(source, "programs", lambda: programs(source, found))
