"""A container shares the host's cgroup namespace.

## Why it matters
`/sys/fs/cgroup` then shows the host's whole tree. The official engine image makes a group `init` in what it takes
for its own root, and switches controllers there: on the host's root cgroup. Its inner containers land in the host's
`/docker/…` beside the host's own, so that the limits of the outer container don't hold for them. On cgroup v1 the
tree also has `release_agent`, which runs a program as the host's root.

## Instead
Remove the line: on cgroup v2 the namespace is private by default, and that is all that nesting needs.

```yaml
services:
  dind:
    image: docker:29.7.2-dind
    privileged: true
    cgroup: private
```

## When it is fine
An agent that measures the host's cgroups, with the tree mounted read-only.

## References
- https://docs.docker.com/reference/cli/docker/container/run/#cgroupns
- https://man7.org/linux/man-pages/man7/cgroup_namespaces.7.html
- CIS Docker Benchmark 1.6, 5.25; moby `hack/dind`
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Role,
    Sandbox,
    Severity,
    Undecided,
    reason,
    removal,
    rule,
)


@rule(
    "host-cgroup-namespace",
    each=Container,
    severity=Severity.HIGH,
    category="privilege",
    cwe=653,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR},
    asks=(
        "namespaces.cgroup.written",
        "namespaces.cgroup.unknown",
    ),
    fixes=(removal("gives the container a cgroup namespace of its own", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report cgroup: host, where somebody chose it; what a platform does by itself is another rule's matter."""
    unknown = container.namespaces.undecided("cgroup")
    if unknown is not None:
        yield Undecided(unknown, unknown.variable)
    host = container.namespaces.host("cgroup")
    if host is None or not host.written:
        return
    if container.role is Role.ENGINE:
        message = (
            f"{container} runs an engine that manages the host's cgroups: the container's limits don't hold inside"
        )
        yield Problem(host, message, because=(reason("the engine that gets them", container.engine),))
    elif not container.unrestricted:  # who is root on the host sees all of it anyway
        yield Problem(host, f"{container} sees the host's whole cgroup tree", severity=Severity.MEDIUM)
