"""What network policies let connect to the containers of a workload."""

from __future__ import annotations

from dindguard.records import record
from dindguard.source import Span


@record
class Admission:
    """Callers that a rule of a network policy admits; ``ports`` is ``None`` for all, and where they are not known."""

    span: Span
    ports: frozenset[int] | None = None
    anybody: bool = False
    """Whether every pod of the cluster is admitted, or every address."""

    def covers(self, port: int | None) -> bool:
        """Whether they may connect to a port; an unknown one may be any."""
        return self.ports is None or port is None or port in self.ports


@record
class Isolation:
    """That network policies select a workload: nobody else connects than those whom one of them admits.

    It holds as far as the cluster's network enforces policies, and for none of the workload's own containers.
    """

    span: Span
    """The first policy that selects it."""
    admissions: tuple[Admission, ...] = ()

    def admitted(self, port: int | None) -> Admission | None:
        """Return who may connect to a port: the widest rule that admits anybody there, ``None`` when none does."""
        found = [each for each in self.admissions if each.covers(port)]
        return max(found, key=lambda each: each.anybody, default=None)
