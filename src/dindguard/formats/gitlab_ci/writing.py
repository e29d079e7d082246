"""How settings are written in a GitLab pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.changes import Change, Put
from dindguard.documents.tree import Node
from dindguard.edits import Edit, Variable

Chain = tuple[Node, ...]


def entries(chain: Chain) -> Sequence[Node]:
    """Return what goes with the last of a chain; an image's name is all that a service or a job has of it."""
    return () if chain[-1].name in ("name", "image") else chain[-1:]


def changes(edit: Edit, chain: Chain) -> Iterator[Change]:
    """Yield the changes that make an edit: a job and its services share the job's variables."""
    if isinstance(edit, Variable) and len(chain) > 1 and chain[1].is_mapping:
        variables = chain[1]["variables"]
        if variables[edit.name].is_mapping:
            yield Put(chain[1], ("variables", edit.name, "value"), edit.value)
        else:
            yield Put(chain[1], ("variables", edit.name), edit.value)
