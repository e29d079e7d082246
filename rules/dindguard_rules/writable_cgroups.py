"""A container may write its cgroup tree.

## Why it matters
The option (Engine 28 and later) mounts `/sys/fs/cgroup` writable without privileged mode. With the private namespace of
cgroup v2 the container controls its own subtree and nothing else: it can lift limits that are set inside, no more. In
the *host's* cgroup namespace it is the host's tree, and on cgroup v1 a `release_agent` there runs as the host's root.

## Instead
Remove `cgroup: host`, or the option:

```yaml
services:
  systemd:
    image: example/systemd:1
    cgroup: private
    security_opt: ["writable-cgroups=true"]
```

## When it is fine
For systemd, or an engine, in a container on hosts with cgroup v2 and a private namespace: the finding is *low*
there.

## References
- https://docs.docker.com/reference/cli/docker/container/run/#security-opt
- https://man7.org/linux/man-pages/man7/cgroups.7.html
- CVE-2022-0492
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Sandbox,
    Severity,
    reason,
    removal,
    rule,
)


@rule(
    "writable-cgroups",
    each=Container,
    severity=Severity.HIGH,
    category="confinement",
    cwe=732,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    asks=("confinement",),
    fixes=(removal("removes the setting", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report writable cgroups, gravely in the host's cgroup namespace."""
    flag = container.confinement.writable_cgroups
    if flag is None or not flag.on or container.engine_in_sandbox:
        return
    host = container.namespaces.host("cgroup")
    whose = "the host's" if host is not None else "its own"
    severity = Severity.HIGH if host is not None else Severity.LOW
    yield Problem(
        flag,
        f"{container} may write {whose} cgroup tree",
        because=(reason("it shares the host's cgroups", host),),
        severity=severity,
    )
