"""What an engine says about itself: saved ``docker inspect`` and ``docker info`` output, and what the audit collects.

The snapshot of ``dindguard audit docker`` is one object, with ``info``, ``version``, ``containers``, ``networks``,
``volumes`` and ``socket``, each part as the engine gives it. A bare array of inspected objects is read too, as is one
object.
"""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.engine_snapshot.containers import workloads
from dindguard.formats.engine_snapshot.engine import Host
from dindguard.formats.engine_snapshot.parts import Parts


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every snapshot: a workload for each Compose project, one for the other containers, and the engine."""
    reading = Reading()
    for document in documents:
        root: Node = document.content
        parts = Parts.of(root)
        budget.within(budget.SNAPSHOT_CONTAINERS, len(parts.containers), root)
        host = Host(parts)
        reading.workloads.extend(
            workloads(parts, parts.containers[: budget.SNAPSHOT_CONTAINERS.most], host, context, reading.embedded)
        )
        if (engine := host.engine()) is not None:
            reading.engines.append(engine)
    return reading
