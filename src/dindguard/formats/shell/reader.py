"""Shell scripts, and the scripts inside other documents: the containers and engines that they start."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.formats import Context, Document, Reading
from dindguard.model.container import Container
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.scripts.command import Commands
from dindguard.scripts.commands import commands, names_an_engine, programs
from dindguard.scripts.meaning import script_model
from dindguard.source import Source
from dindguard.vocabulary import CLIENT_VARIABLES

_NAMED = regex(r"\$\{?([A-Za-z_]\w*)")


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all scripts of one scan."""
    reading = Reading()
    for document in documents:
        owner = document.owner
        found = _commands(document.source, owner, context)
        model = script_model(found, document.source, owner, context.open)
        if owner is not None and owner.workload.starts_engine_beside(owner):
            reading.programs += [(owner, program) for program in _programs(document.source, found, context)]
        reading.workloads += model.workloads
        reading.invocations += model.invocations
        reading.notices += model.notices
        reading.embedded += model.embedded
    return reading


def _commands(source: Source, owner: Container | None, context: Context) -> Commands:
    """Return what a script runs; one that several jobs are handed is read once, if it names no variables of theirs.

    A file that a container is given is read as it stands, whoever has it: variables count in what is written beside them.
    """
    if source.parent is None or not names_an_engine(source.text):
        return commands(source)
    own = owner is not None and len(owner.environment) > 0 and owner.span.path == source.path
    given = _given(owner, source) if owner is not None and own else {}
    return commands(source, given=given) if given else context.once(source, "commands", lambda: commands(source))


def _given(owner: Container, source: Source) -> dict[str, Text]:
    """Return the variables of a container that a script names, but for those that tell a client of its engine.

    Each script reads all of their values: those of one file's scripts count together, and what is too much is not known.
    """
    found = dict.fromkeys(_NAMED.findall(source.text))
    named = ((name, variable.value) for name in found if (variable := owner.environment[name]) is not None)
    known = [(name, value) for name, value in named if value.known and name not in CLIENT_VARIABLES]
    if not known:
        return {}
    from dindguard.budget.stocks import share_of  # few scripts name any

    file = source
    while file.parent is not None:
        file = file.parent
    share = share_of(budget.INSERTED_TEXT, file, file.size // 4)
    given = {}
    for name, value in known:
        if share.takes(len(value.pattern)):
            given[name] = value
        else:
            budget.met(budget.INSERTED_TEXT, value)
    return given


def _programs(source: Source, found: Commands, context: Context) -> frozenset[str]:
    """Return the base names of all programs that a script runs."""
    return context.once(source, "programs", lambda: programs(source, found))
