"""The engines of the machines that run CI jobs, where the organisation says which version they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.infer.machines import Half, machine_engine
from dindguard.model.engine import Engine, Machine
from dindguard.model.invocation import InvocationKind
from dindguard.model.launch import Launch
from dindguard.model.policy import Policy
from dindguard.model.values import Text
from dindguard.model.workload import Workload, WorkloadKind
from dindguard.records import replace
from dindguard.vocabulary import EngineProduct


def runner_engines(workloads: Iterable[Workload], policy: Policy) -> Iterator[Engine]:
    """Yield one engine for each file and label whose jobs need the engine of a runner that a fact tells of.

    A job that neither is a container nor calls an engine has nothing to do with its machine's.
    """
    seen = set()
    for job in workloads:
        label = _told_label(job, policy)
        if label is not None and (job.path, label.pattern) not in seen and _needs_the_machines(job):
            seen.add((job.path, label.pattern))
            yield _engine(label, policy)


def _told_label(job: Workload, policy: Policy) -> Text | None:
    """Return the label of a job's runner of which the organisation says an engine's version."""
    if job.kind is not WorkloadKind.JOB:
        return None
    known = (label for label in job.runner_labels if label.pattern in policy.runners)
    return next((label for label in known if policy.runners[label.pattern].engine), None)


def _needs_the_machines(job: Workload) -> bool:
    """Whether the machine's engine starts a container of the job, or its script speaks to it."""
    if any(container.image is not None for container in job.containers):
        return True
    calls = (call for container in job.containers for call in container.invocations)
    return any(
        call.kind is InvocationKind.ENGINE_CALL and call.program.startswith("docker") and not call.remote
        for call in calls
    )


def _engine(label: Text, policy: Policy) -> Engine:
    launch = Launch(wrapper=False, arguments=(), settings=(), span=label.span, certain=False, shown=False)
    engine = machine_engine(
        Half(EngineProduct.DOCKER, launch, (), label.span), None, f"runners.{label.pattern}.engine"
    )
    fact = policy.runners[label.pattern]
    machine = Machine(name=label.pattern, span=label.span, own=False)
    return replace(engine, owner=machine, version=fact.engine, runner_label=label, version_fact=fact)
