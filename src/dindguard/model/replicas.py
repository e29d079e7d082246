"""How many copies of something run at once."""

from __future__ import annotations

from dindguard.records import record
from dindguard.source import Span


@record(slots=True)
class Replicas:
    """How many copies run at once. ``count`` is ``None`` when unknown; ``per_node`` for one on every node.

    ``overlap`` tells that during an update an old and a new copy run together although ``count`` is 1.
    """

    count: int | None
    span: Span
    per_node: bool = False
    overlap: bool = False
    per_run: bool = False
    """There is one for each run of a task or workflow, and nothing keeps runs from overlapping."""

    @property
    def several(self) -> bool:
        """Whether more than one copy is known to run."""
        return self.count is not None and self.count > 1
