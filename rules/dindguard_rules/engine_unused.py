"""An engine is started that nothing beside it uses.

## Why it matters
A nested engine is mostly privileged, takes seconds to start and needs memory. Set as a default for all jobs, it runs
beside those that only lint or deploy as well, and each of them is a needless way to root on its machine. In a Compose
project or a pod it stays behind when what needed it has gone.

## Instead
Give the engine to what uses it, and to nothing else:

```yaml
.with-engine:
  services: [docker:29.10.0-dind]
image:
  extends: .with-engine
```

## When it is fine
When people, or a script that is not part of the scan, enter its container (`docker compose exec`). The rule only speaks
when everything beside the engine is known to work without one: by its programs, or as a server that is no client.

## References
- https://docs.gitlab.com/ci/services/
- https://docs.docker.com/build/building/best-practices/
"""

from collections.abc import Collection, Iterator

from dindguard.api import (
    Container,
    ContainerKind,
    Model,
    Problem,
    Severity,
    Workload,
    WorkloadKind,
    needs_no_engine,
    never_uses_engines,
    reason,
    rule,
)


@rule(
    "engine-unused",
    each=Model,
    severity=Severity.INFO,
    category="operation",
    since="0.1.0",
    asks=("engines.container.workload.kind is job", "engines.container.workload.containers.engine is None"),
)
def check(model: Model) -> Iterator[Problem]:
    """Report engines beside jobs, services and pods in which nothing can use one."""
    entered = {str(call.arguments[0]) for call in model.invocations if "exec" in call.action and call.arguments}
    for workload in dict.fromkeys(engine.container.workload for engine in model.engines if engine.container):
        jobs = [each for each in workload.containers if each.kind is ContainerKind.JOB]
        if workload.kind is WorkloadKind.JOB:
            yield from _of_job(workload, jobs)
        else:
            yield from _of_others(workload, entered)


def _of_job(workload: Workload, jobs: Collection[Container]) -> Iterator[Problem]:
    if jobs and all(needs_no_engine(job) for job in jobs):
        for container in workload.containers:
            if container.engine is not None and container.kind is ContainerKind.JOB_SERVICE:
                yield _unused(container, workload, next(iter(jobs)))


def _of_others(workload: Workload, entered: Collection[str]) -> Iterator[Problem]:
    """Report engines that nobody beyond their project or pod can reach, beside containers that need none."""
    beside = [each for each in workload.containers if each.engine is None]
    if not beside or not all(never_uses_engines(each) for each in beside):
        return
    for container in workload.containers:
        engine = container.engine
        own = container.kind in (ContainerKind.SERVICE, ContainerKind.POD_MEMBER) and container.name not in entered
        used = container.ports or container.outer_names or container.host_mounts or container.invocations
        if engine is not None and own and not used and not any(access.uses for access in engine.clients):
            yield _unused(container, workload, beside[0])


def _unused(container: Container, workload: Workload, other: Container) -> Problem:
    message = f"nothing in {workload} uses {container.engine}"
    because = (reason("nothing here speaks to an engine", other),)
    return Problem(container.image or container, message, because=because, subject=workload)
