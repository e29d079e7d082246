"""A job gets an engine that its script does not use.

## Why it matters
A nested engine is mostly privileged, takes seconds to start and needs memory. Set as a default for all jobs, it
runs beside those that only lint or deploy as well, and each of them is a way to its runner's machine for
nothing.

## Instead
Give the service to the jobs that use it, and to no others:

```yaml
.with-engine:
  services: [docker:29.10.0-dind]
image:
  extends: .with-engine
```

## When it is fine
The rule only speaks when every program of the script is known to work without an engine.

## References
- https://docs.gitlab.com/ci/services/
- https://docs.docker.com/build/building/best-practices/
"""

from collections.abc import Iterator

from dindguard.api import ContainerKind, Problem, Severity, Workload, WorkloadKind, needs_no_engine, reason, rule


@rule(
    "engine-unused",
    each=Workload,
    severity=Severity.INFO,
    category="operation",
    since="0.1.0",
)
def check(workload: Workload) -> Iterator[Problem]:
    """Report engines beside jobs in which nothing can use one."""
    if workload.kind is not WorkloadKind.JOB:
        return
    jobs = [each for each in workload.containers if each.kind is ContainerKind.JOB]
    if jobs and all(needs_no_engine(job) for job in jobs):
        for container in workload.containers:
            if container.engine is not None and container.kind is ContainerKind.JOB_SERVICE:
                yield Problem(
                    container.image or container,
                    f"nothing in {workload} uses {container.engine}",
                    because=(reason("nothing here speaks to an engine", jobs[0]),),
                )
