"""How settings are written in a ``daemon.json``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.changes import Change, Put
from dindguard.documents.tree import Node
from dindguard.edits import Edit, EngineOptions
from dindguard.formats.daemon_json.reader import KEYS

Chain = tuple[Node, ...]


def entries(chain: Chain) -> Sequence[Node]:
    """Return what goes with the last of a chain: nothing else."""
    return chain[-1:]


def changes(edit: Edit, chain: Chain) -> Iterator[Change]:
    """Yield the changes that make an edit; the file's keys are named otherwise than the options."""
    if isinstance(edit, EngineOptions):
        for name, value in edit.values:
            yield Put(chain[0], (KEYS.get(edit.name, edit.name), name), value)
