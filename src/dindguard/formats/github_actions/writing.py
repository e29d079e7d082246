"""How settings are written in a workflow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.changes import Change, Overwrite, Put
from dindguard.documents.tree import Node
from dindguard.edits import Await, Edit

Chain = tuple[Node, ...]


def entries(chain: Chain) -> Sequence[Node]:
    """Return what goes with the last of a chain: nothing else."""
    return chain[-1:]


def changes(edit: Edit, chain: Chain) -> Iterator[Change]:
    """Yield the changes that make an edit: a job waits for the services that have a health check."""
    if not isinstance(edit, Await) or len(chain) < 3 or chain[1].name != "jobs":
        return
    service = chain[2]["services"][edit.name]
    check = f'--health-cmd "{" ".join(edit.command)}" --health-interval 2s --health-retries 30'
    options = service["options"]
    if options.is_scalar and options.content and "${{" not in options.content:
        yield Overwrite(options, f"{options.content} {check}")
    elif service.is_mapping and not options.present:
        yield Put(service, ("options",), check)
