"""Containers share the processes of a nested engine.

## Why it matters
A container in the engine's process namespace sees `dockerd` and all that runs inside it. As root it reads
`/proc/<dockerd>/root`: the engine's whole file system, its certificates and the inner containers' secrets. It can
kill the engine as well. Under Sysbox the pod's first process is then the pause container, so that systemd isn't
process 1 and the sandbox is weaker; its documentation advises against it.

## Exploit
`cat /proc/$(pidof dockerd)/root/certs/ca/key.pem` in the neighbour.

## Instead
Remove the line. An engine image reaps its own children (`docker-init` since 20.10.8); others want an init:

```yaml
services:
  dind:
    image: example/dind:1
    init: true
```

## When it is fine
A debugging container that is there for an hour.

## References
- https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/
- https://github.com/nestybox/sysbox
- MITRE ATT&CK T1552
"""

from collections.abc import Iterator

from dindguard.api import (
    Problem,
    Severity,
    Workload,
    reason,
    removal,
    rule,
)


@rule(
    "shared-process-namespace",
    each=Workload,
    severity=Severity.MEDIUM,
    category="privilege",
    cwe=653,
    since="0.1.0",
    asks=(
        "shared_processes",
        "containers.namespaces.pid",
    ),
    fixes=(removal("ends the sharing of processes", unsafe=True),),
)
def check(workload: Workload) -> Iterator[Problem]:
    """Report a shared process namespace with an engine in it: a pod's, or one that a container joins."""
    engines = [container for container in workload.containers if container.engine is not None]
    shared = workload.shared_processes
    others = [each for each in workload.containers if engines and each is not engines[0]]
    if shared is not None and shared.on and any(not engines[0].excludes(other) for other in others):
        message = f"every container of {workload} can read the files of {engines[0].engine} through its processes"
        yield Problem(shared, message, because=(reason("the engine among them", engines[0].engine),))
    for container in workload.containers:
        joined = container.joins("pid")
        if joined is not None and joined.engine is not None:
            message = f"{container} can read the files of {joined.engine} through its processes"
            because = (reason("the engine whose processes it sees", joined.engine),)
            yield Problem(container.namespaces.pid or container, message, because=because, subject=container)
