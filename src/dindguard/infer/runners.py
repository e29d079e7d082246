"""What a CI runner gives to the containers of the jobs that it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dindguard.model.container import Capabilities, Container, ContainerKind
from dindguard.model.engine_image import Variant
from dindguard.model.facts import Assignment
from dindguard.model.mount import Mount
from dindguard.model.values import Flag, How
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.records import field, record, replace
from dindguard.source import Step
from dindguard.vocabulary import RUNNER_DECIDES


@record(eq=False)
class Given:
    """The workloads of a scan, jobs with what their runner adds; ``copies`` are those of the containers concerned."""

    workloads: tuple[Workload, ...]
    copies: Mapping[Container, Container] = field(default_factory=dict)

    def copy_of(self, container: Container | None) -> Container | None:
        """Return what stands for a container that was read: its copy, or itself."""
        return self.copies.get(container, container) if container is not None else None


def give_defaults(workloads: Sequence[Workload]) -> Given:
    """Return a scan's workloads with what runners add to jobs, and with steps in the pods that they run in."""
    given = _with_runner(workloads)
    if all(each.pod_text is None for each in given.workloads):
        return given
    from dindguard.infer.pod_steps import members_of_pods

    members = members_of_pods(given.workloads)
    stand_ins = [each for each in given.workloads if each.pod_text is not None and each.containers[0] in members]
    runs = {members[each.containers[0]].workload: each.replicas for each in stand_ins}
    kept = (
        replace(each, replicas=runs[each]) if each in runs else _started_in(each, members)
        for each in given.workloads
        if each not in stand_ins
    )
    return Given(tuple(kept), {**given.copies, **members})


def _with_runner(workloads: Sequence[Workload]) -> Given:
    """Give copies of a scan's jobs what their runner's configuration adds, where exactly one runner can be theirs.

    What was read stays as it is. Every setting keeps its place in the configuration; its trail leads to the job that
    gets it.
    """
    workloads = _read_once(workloads)
    runners = [workload for workload in workloads if workload.kind is WorkloadKind.RUNNER]
    runner = runners[0] if len(runners) == 1 else None
    jobs = [
        each
        for each in workloads
        if each.kind is WorkloadKind.JOB and runner is not None and runner.serves is each.platform
    ]
    if runner is None or not jobs:
        return _by_any_runner(workloads, [each for each in runners if each.serves is Platform.GITLAB])
    copies = {
        container: copy
        for job in jobs
        for container in job.containers
        if (copy := _copy(container, runner)) is not None
    }
    changed = {job: _job(job, runner, copies) for job in jobs}
    for job in changed.values():
        job.settle(Assignment(runner=runner))
    runner.settle(Assignment(jobs=tuple(changed.values())))
    return Given(tuple(_started_in(changed.get(each, each), copies) for each in workloads), copies)


def _read_once(workloads: Sequence[Workload]) -> Sequence[Workload]:
    """Leave out the runners of a file by itself whose reader is known: a generated ConfigMap hands it to a container."""
    owned = {each.span for each in workloads if each.kind is WorkloadKind.RUNNER and each.runs_in is not None}
    if not owned:
        return workloads
    return [
        each
        for each in workloads
        if each.kind is not WorkloadKind.RUNNER or each.runs_in is not None or each.span not in owned
    ]


def _by_any_runner(workloads: Sequence[Workload], runners: Sequence[Workload]) -> Given:
    """Give copies of GitLab's jobs what is known of whichever runner is theirs: whether an engine beside a job has any privilege.

    A pipeline cannot say so; that such an engine runs at all needs a runner that is privileged or in a sandbox. Where all
    runners that the files tell of are privileged, the first one stands for them.
    """
    jobs = [each for each in workloads if each.kind is WorkloadKind.JOB and each.platform is Platform.GITLAB]
    given = [each.service_default or each.containers[0] for each in runners]
    privileged = given[0].privileged if given and all(each.privileged.on for each in given) else None
    copies = {
        container: replace(
            container,
            privileged=Flag(None, container.span, How.UNKNOWN, "privileged", RUNNER_DECIDES)
            if privileged is None
            else _at(privileged, _given_to(container)),
            given_by=None if privileged is None else runners[0].containers[0],
        )
        for job in jobs
        for container in job.containers
        if _is_engine_service(container)
    }
    if not copies:
        return Given(tuple(workloads))
    changed = {
        job: replace(job, containers=tuple(copies.get(container, container) for container in job.containers))
        for job in jobs
        if any(container in copies for container in job.containers)
    }
    return Given(tuple(_started_in(changed.get(each, each), copies) for each in workloads), copies)


def _is_engine_service(container: Container) -> bool:
    """Whether a service of a job runs a rootful engine, as far as its image tells."""
    image = container.image.engine if container.image is not None else None
    rootful = image is not None and image.variant is Variant.DAEMON
    return container.kind is ContainerKind.JOB_SERVICE and rootful and not container.privileged.set


def _job(job: Workload, runner: Workload, copies: Mapping[Container, Container]) -> Workload:
    return replace(
        job,
        containers=tuple(copies.get(container, container) for container in job.containers),
        concurrency=runner.concurrency,
        disposable=runner.disposable,
        shared_network=runner.shared_network,
        placement=runner.placement,
    )


def _started_in(workload: Workload, copies: Mapping[Container, Container]) -> Workload:
    """Return a workload that a job's script starts as started in the job's copy."""
    inside = workload.runs_in
    return replace(workload, runs_in=copies[inside]) if inside is not None and inside in copies else workload


def _copy(container: Container, runner: Workload) -> Container | None:
    given = runner.containers[0] if container.kind is ContainerKind.JOB else runner.service_default
    if given is None:
        return None
    step = _given_to(container)
    own, more = container.capabilities, given.capabilities
    return replace(
        container,
        given_by=runner.containers[0],
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


def _given_to(container: Container) -> Step:
    return Step(f"given to {container.kind} '{container.name}'", container.span)


def _at(flag: Flag, step: Step) -> Flag:
    return replace(flag, span=flag.span.with_trail(step))


def _mount(mount: Mount, step: Step) -> Mount:
    source = mount.source.used_at(step.span, what=step.what) if mount.source is not None else None
    return replace(mount, span=mount.span.with_trail(step), source=source)
