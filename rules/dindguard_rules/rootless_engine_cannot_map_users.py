"""A rootless engine can't set up its user namespace.

## Why it matters
RootlessKit calls the setuid programs `newuidmap` and `newgidmap`. `no-new-privileges` (in Kubernetes
`allowPrivilegeEscalation: false`) keeps setuid programs from becoming root, and without the capabilities `SETUID`
and `SETGID` they can't write the map: the engine stops with "newuidmap: write to uid_map failed: Operation not
permitted".

## Instead
Drop all capabilities but `SETUID` and `SETGID`, and don't forbid new privileges:

```yaml
services:
  buildkitd:
    image: moby/buildkit:v0.25.1-rootless
    cap_drop: [ALL]
    cap_add: [SETUID, SETGID]
    security_opt: [seccomp=unconfined, apparmor=unconfined, systempaths=unconfined]
```
```yaml
securityContext:                  # Kubernetes
  allowPrivilegeEscalation: true
  capabilities: {drop: [ALL], add: [SETUID, SETGID]}
```

## When it is fine
Never: it doesn't start.

## References
- https://docs.docker.com/engine/security/rootless/
- https://github.com/moby/buildkit/blob/master/docs/rootless.md
- https://github.com/rootless-containers/rootlesskit
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Severity,
    reason,
    removal,
    rule,
)


@rule(
    "rootless-engine-cannot-map-users",
    each=Container,
    severity=Severity.MEDIUM,
    category="sandbox",
    since="0.1.0",
    asks=("confinement", "capabilities"),
    fixes=(removal("removes the restriction that keeps a rootless engine from mapping users", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report no-new-privileges, and missing SETUID or SETGID, on images that start RootlessKit."""
    if not container.uses_rootlesskit or container.privileged.on:
        return
    why = (reason("its rootless engine maps user ids with newuidmap", container.image),)
    confined = container.confinement.no_new_privileges
    if confined is not None and confined.on:
        message = f"{container} forbids new privileges, which the rootless engine in it needs to map user ids"
        yield Problem(confined, message, because=why)
    dropped = container.capabilities.dropping("SETUID", "SETGID")
    if dropped is not None:
        message = f"{container} drops capabilities that the rootless engine in it needs to map user ids"
        yield Problem(dropped, message, because=why)
