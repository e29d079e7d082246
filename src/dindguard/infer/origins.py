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
    from dindguard.model.container import Container


def settle_origins(workloads: Sequence[Workload], invocations: Sequence[Invocation]) -> None:
    """Tell each container what its image is built from and which engine calls its file makes before it."""
    containers = [container for workload in workloads for container in workload.containers]
    stages = stages_built_from(workloads)
    discarded = discarded_stages(workloads, stages)
    calls = _calls(invocations) if invocations else None
    for container in containers:
        container.settle(
            _origin(
                stages.get(container),
                container in discarded,
                calls.before(container) if calls else None,
                calls.image_built_by(container) if calls else None,
            )
        )


_NOWHERE = Origin()
"""Where most containers come from, as far as the files tell."""


def _origin(
    stage: Container | None, discarded: bool, before: EarlierCalls | None, built: Invocation | None
) -> Origin:
    if stage is None and not discarded and not before and built is None:
        return _NOWHERE
    before = before if before is not None else EarlierCalls()
    return Origin(built_from=stage, discarded=discarded, commands_before=before, image_built_by=built)


def _calls(invocations: Sequence[Invocation]) -> CallsByFile:
    from dindguard.infer.scripts import CallsByFile

    return CallsByFile(invocations)
