"""Where the containers of a scan come from: build stages, and the commands that stand before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dindguard.infer.images import discarded_stages, stages_built_from
from dindguard.model.earlier_calls import EarlierCalls
from dindguard.model.facts import Origin
from dindguard.model.invocation import Invocation
from dindguard.model.workload import Workload

if TYPE_CHECKING:
    from dindguard.infer.scripts import CallsByFile


def settle_origins(workloads: Sequence[Workload], invocations: Sequence[Invocation]) -> None:
    """Tell each container what its image is built from and which engine calls its file makes before it."""
    containers = [container for workload in workloads for container in workload.containers]
    stages = stages_built_from(workloads)
    discarded = discarded_stages(workloads, stages)
    calls = _calls(invocations) if invocations else None
    for container in containers:
        container.settle(
            Origin(
                built_from=stages.get(container),
                discarded=container in discarded,
                commands_before=calls.before(container) if calls else EarlierCalls(),
                image_built_by=calls.image_built_by(container) if calls else None,
            )
        )


def _calls(invocations: Sequence[Invocation]) -> CallsByFile:
    from dindguard.infer.scripts import CallsByFile

    return CallsByFile(invocations)
