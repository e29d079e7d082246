"""A container opts out of the engine's user namespace.

## Why it matters
An engine with `userns-remap` makes root in every container an unprivileged user of the host. `userns_mode: host`
takes that away for this container: its root is the host's root again. It is often found beside `privileged: true`,
because the two don't go together ("privileged mode is incompatible with user namespaces").

## Instead
Remove the line, and let the files that the container writes belong to the remapped ids:

```yaml
services:
  app:
    image: example/app:1
    user: "1000:1000"
```
A nested engine on such a host fits Sysbox or a virtual machine, not the opt-out.

## When it is fine
Where the host's engine doesn't remap, the line changes nothing, and can go: the finding is *low* unless the files show an
engine that does.

## References
- https://docs.docker.com/engine/security/userns-remap/#disable-namespace-remapping-for-a-container
- CIS Docker Benchmark 1.6, 5.31; moby `daemon/daemon_unix.go`
"""

from collections.abc import Iterator

from dindguard.api import (
    Model,
    Problem,
    Severity,
    Undecided,
    reason,
    removal,
    rule,
)


@rule(
    "host-user-namespace",
    each=Model,
    severity=Severity.HIGH,
    category="privilege",
    cwe=653,
    since="0.1.0",
    asks=("containers.namespaces.user",),
    fixes=(removal("removes the opt-out from the engine's user namespace", unsafe=True),),
)
def check(model: Model) -> Iterator[Problem | Undecided]:
    """Report userns_mode: host; it is graver where the scan has the configuration that it undoes."""
    remap = next((setting for host in model.machine_engines if (setting := host.setting("userns-remap"))), None)
    undone = reason("the host's engine is told to remap users", remap)
    for container in model.containers:
        unknown = container.namespaces.undecided("user")
        if unknown is not None:
            yield Undecided(unknown, unknown.variable)
        host = container.namespaces.host("user")
        asked_by_privilege = container.unrestricted and undone is None  # an engine that remaps refuses it otherwise
        if host is not None and container.sysbox is None and not asked_by_privilege:
            message = f"{container} opts out of user namespaces: root in it is the host's root"
            severity = Severity.HIGH if undone is not None else Severity.LOW
            yield Problem(host, message, because=(undone,), severity=severity, subject=container)
