"""How settings are written in a ``config.toml`` of GitLab's runner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.changes import Change, Put
from dindguard.documents.tree import Node
from dindguard.edits import Edit, Give

Chain = tuple[Node, ...]


def entries(chain: Chain) -> Sequence[Node]:
    """Return what goes with the last of a chain: nothing else."""
    return chain[-1:]


def changes(edit: Edit, chain: Chain) -> Iterator[Change]:
    """Yield the changes that make an edit: one runtime is for jobs and services alike (``executors/docker/docker.go``)."""
    runner = next((node for node in chain if node.is_mapping and node["docker"].is_mapping), None)
    if runner is not None and isinstance(edit, Give) and edit.attribute == "runtime":
        yield Put(runner["docker"], ("runtime",), edit.value)
