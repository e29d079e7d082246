"""How settings are written in a pipeline of Drone or Woodpecker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.changes import Append, Change
from dindguard.documents.tree import Node
from dindguard.edits import Await, Edit

Chain = tuple[Node, ...]


def entries(chain: Chain) -> Sequence[Node]:
    """Return what goes with the last of a chain: nothing else."""
    return chain[-1:]


def changes(edit: Edit, chain: Chain) -> Iterator[Change]:
    """Yield the changes that make an edit: a step can only wait in its own commands."""
    step = next((node for node in reversed(chain) if node.is_mapping and node["commands"].is_sequence), None)
    if isinstance(edit, Await) and step is not None:
        yield Append(step, ("commands",), f"until {' '.join(edit.command)}; do sleep 1; done", first=True)
