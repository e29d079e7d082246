"""An engine beside a job's containers keeps the job from ever ending.

## Why it matters
A Job is done when *all* containers of its pod have ended. dockerd never does: the build finishes, the engine runs on, the
Job stays active until somebody deletes it, and a CronJob with `Forbid` never starts again.

## Instead
Use a native sidecar (Kubernetes 1.29 and later), which is stopped when the others are done:

```yaml
spec:
  initContainers:
    - name: dind
      image: docker:29.10.0-dind
      restartPolicy: Always
      startupProbe:
        exec: {command: [docker, info]}
```

## When it is fine
When something else stops the engine: `activeDeadlineSeconds` as the intended end, or a shared process namespace.

## References
- https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
- https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
"""

from collections.abc import Iterator

from dindguard.api import ContainerKind, InvocationKind, Problem, Severity, Workload, rule


@rule(
    "sidecar-never-ends",
    each=Workload,
    severity=Severity.MEDIUM,
    category="cluster",
    since="0.1.0",
    asks=("ends_with_its_containers",),
    formats="of the formats, only pods of a job wait for their sidecars",
)
def check(workload: Workload) -> Iterator[Problem]:
    """Report engines among the containers that a job waits for."""
    shared = workload.shared_processes
    if not workload.ends_with_its_containers or (shared is not None and not shared.off):
        return
    waited_for = [each for each in workload.containers if each.kind is ContainerKind.POD_MEMBER]
    for container in waited_for:
        scripted = any(each.kind is InvocationKind.ENGINE_START for each in container.invocations)
        sidecar = container.restart is not None and container.restart.value == "Always"
        if container.engine is not None and not scripted and not sidecar and len(waited_for) > 1:
            yield Problem(container, f"{workload} never ends, because {container} runs an engine that never does")
