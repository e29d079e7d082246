"""A container shares the host's UTS namespace, and so its host name.

## Why it matters
Whoever has `SYS_ADMIN` in the container renames the host, which certificates, logs and cluster membership hang on.
Without it, the container merely reads the name, and a `hostname` of its own is refused.

## Instead
Remove the line, and give the container the name it needs:

```yaml
services:
  app:
    image: example/app:1
    hostname: app
```

## When it is fine
A monitoring agent that reports under the host's name, without `SYS_ADMIN`.

## References
- https://docs.docker.com/engine/containers/run/#uts-settings---uts
- CIS Docker Benchmark 1.6, 5.21
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Profile,
    Sandbox,
    Severity,
    Undecided,
    reason,
    removal,
    rule,
)


@rule(
    "host-uts-namespace",
    each=Container,
    severity=Severity.LOW,
    category="privilege",
    cwe=653,
    since="0.1.0",
    profile=Profile.ALL,
    contained_by={Sandbox.VM, Sandbox.GVISOR},
    asks=("namespaces.uts",),
    fixes=(removal("gives the container a UTS namespace of its own", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report uts: host."""
    unknown = container.namespaces.undecided("uts")
    if unknown is not None:
        yield Undecided(unknown, unknown.variable)
    host = container.namespaces.host("uts")
    if host is not None:
        admin = container.capabilities.adding("SYS_ADMIN", "ALL")
        can = "can rename the host" if admin is not None or container.privileged.on else "shares the host's name"
        yield Problem(
            host,
            f"{container} {can}",
            because=(
                reason("this capability lets it", admin),
                reason("privileged mode lets it", container.privileged),
            ),
        )
