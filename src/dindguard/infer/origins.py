"""Where the containers of a scan come from: build stages, and the commands that stand before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.infer.images import discarded_stages, stages_built_from
from dindguard.model.earlier_calls import EarlierCalls
from dindguard.model.facts import Origin
from dindguard.model.invocation import Invocation
from dindguard.model.workload import Workload, WorkloadKind

if TYPE_CHECKING:
    from dindguard.infer.made_here import MadeHere
    from dindguard.infer.scripts import CallsByFile
    from dindguard.model.container import Container


def settle_origins(workloads: Sequence[Workload], invocations: Sequence[Invocation]) -> None:
    """Tell each container what its image is built from and which engine calls its file makes before it."""
    containers = [container for workload in workloads for container in workload.containers]
    stages = stages_built_from(workloads)
    discarded = discarded_stages(workloads, stages)
    calls = _calls(invocations) if invocations else None
    made = _made_here(workloads, invocations)
    for container in containers:
        followed = _followed(container, stages)
        container.settle(
            _origin(
                followed,
                made.beneath(container, followed[0]) if made is not None else (),
                container in discarded,
                calls.before(container) if calls else None,
                calls.image_built_by(container) if calls else None,
            )
        )


_NOWHERE = Origin()
"""Where most containers come from, as far as the files tell."""


def _followed(container: Container, built_from: Mapping[Container, Container]) -> tuple[tuple[Container, ...], bool]:
    """Return the stages that a container is built from, and whether there are more than are followed."""
    stages: dict[Container, None] = {}
    stage = built_from.get(container)
    while stage is not None and stage is not container and stage not in stages:
        if len(stages) + 1 >= budget.IMAGE_CHAIN.most:
            return tuple(stages), True
        stages[stage] = None
        stage = built_from.get(stage)
    return tuple(stages), False


def _origin(
    followed: tuple[tuple[Container, ...], bool],
    beneath: tuple[Container, ...],
    discarded: bool,
    before: EarlierCalls | None,
    built: Invocation | None,
) -> Origin:
    stages, further = followed
    if not stages and not beneath and not discarded and not before and built is None:
        return _NOWHERE
    return Origin(
        stages=stages,
        further=further,
        beneath=beneath,
        discarded=discarded,
        commands_before=before if before is not None else EarlierCalls(),
        image_built_by=built,
    )


def _made_here(workloads: Sequence[Workload], invocations: Sequence[Invocation]) -> MadeHere | None:
    if len(workloads) < 2 or not any(each.kind is WorkloadKind.IMAGE_BUILD for each in workloads):
        return None  # an image that is alone comes from no other
    from dindguard.infer.made_here import MadeHere

    return MadeHere(workloads, invocations)


def _calls(invocations: Sequence[Invocation]) -> CallsByFile:
    from dindguard.infer.scripts import CallsByFile

    return CallsByFile(invocations)
