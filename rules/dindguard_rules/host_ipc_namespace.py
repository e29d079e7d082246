"""A container shares the host's interprocess communication.

## Why it matters
Shared memory segments, semaphores and `/dev/shm` of the host's processes can be read and changed by whoever has the
right user id: databases and X servers keep data there. Docker also switches the container's SELinux label off,
unless a `label` option is given.

## Instead
Remove the line. Two containers that share memory share it with each other only:

```yaml
services:
  producer:
    image: example/producer:1
    ipc: shareable
  consumer:
    image: example/consumer:1
    ipc: "service:producer"
```
If the reason is a small `/dev/shm`, say `shm_size: 1gb`; in a pod, mount an `emptyDir` with `medium: Memory` there.

## When it is fine
A container that exists to inspect the host's segments.

## References
- https://docs.docker.com/engine/containers/run/#ipc-settings---ipc
- CIS Docker Benchmark 1.6, 5.17; CIS Kubernetes Benchmark 5.2.4
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Sandbox,
    Severity,
    Undecided,
    removal,
    rule,
)


@rule(
    "host-ipc-namespace",
    each=Container,
    severity=Severity.MEDIUM,
    category="privilege",
    cwe=653,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR},
    asks=("namespaces.ipc",),
    fixes=(removal("gives the container an IPC namespace of its own", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report ipc: host."""
    unknown = container.namespaces.undecided("ipc")
    if unknown is not None:
        yield Undecided(unknown, unknown.variable)
    host = container.namespaces.host("ipc")
    if host is not None:
        yield Problem(host, f"{container} shares memory segments and semaphores with the host's processes")
