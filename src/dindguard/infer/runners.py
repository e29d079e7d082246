"""What a CI runner gives to the containers of the jobs that it runs."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.model.container import Capabilities, Container, ContainerKind
from dindguard.model.mount import Mount
from dindguard.model.values import Flag
from dindguard.model.workload import Workload, WorkloadKind
from dindguard.records import replace
from dindguard.source import Step


def apply_runners(workloads: Sequence[Workload]) -> None:
    """Give the jobs of a scan what their runner's configuration adds, where exactly one runner can be theirs.

    Every setting keeps its place in the configuration; its trail leads to the job that gets it.
    """
    runners = [workload for workload in workloads if workload.kind is WorkloadKind.RUNNER]
    jobs = [each for each in workloads if each.kind is WorkloadKind.JOB and each.platform.adds_mounts]
    if len(runners) != 1 or not jobs:
        return
    runner = runners[0]
    runner.conclude(jobs=tuple(jobs))
    for job in jobs:
        job.conclude(
            runner=runner,
            concurrency=runner.concurrency,
            disposable=runner.disposable,
            shared_network=runner.shared_network,
            placement=runner.placement,
        )
        for container in job.containers:
            given = runner.containers[0] if container.kind is ContainerKind.JOB else runner.service_default
            if given is not None:
                container.conclude(given_by=runner.containers[0])
                _give(container, given)


def _give(container: Container, given: Container) -> None:
    step = Step(f"given to {container.kind} '{container.name}'", container.span)
    own, more = container.capabilities, given.capabilities
    container.conclude(
        privileged=_at(given.privileged, step),
        capabilities=Capabilities(
            added=(*own.added, *(text.used_at(step.span, what=step.what) for text in more.added)),
            dropped=(*own.dropped, *more.dropped),
        ),
        confinement=given.confinement,
        namespaces=given.namespaces,
        mounts=(*container.mounts, *(_mount(mount, step) for mount in given.mounts)),
        devices=given.devices,
        device_rules=given.device_rules,
        groups=given.groups,
        environment=given.environment.beneath(container.environment),
        runtime=given.runtime,
        limits=given.limits,
        user_namespace=given.user_namespace,
        user=container.user or given.user,
    )


def _at(flag: Flag, step: Step) -> Flag:
    return replace(flag, span=flag.span.with_trail(step))


def _mount(mount: Mount, step: Step) -> Mount:
    source = mount.source.used_at(step.span, what=step.what) if mount.source is not None else None
    return replace(mount, span=mount.span.with_trail(step), source=source)
