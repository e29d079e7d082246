"""A container shares the host's network.

## Why it matters
It reaches what listens on the host's `localhost` only (an engine's plain port, a kubelet, a database), it opens ports
without publishing them, and it sees the host's abstract Unix sockets.

## Instead
Publish the port, on the address that is meant:

```yaml
services:
  web:
    image: nginx:1.29
    ports: ["127.0.0.1:8080:80"]
```
In Kubernetes a Service, or `hostPort` for a single port.

## When it is fine
Network plugins, DHCP and multicast (home automation), node agents.

## References
- https://docs.docker.com/engine/network/drivers/host/
- CIS Docker Benchmark 1.6, 5.10; CIS Kubernetes Benchmark 5.2.5
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Profile,
    Role,
    Sandbox,
    Severity,
    Undecided,
    removal,
    rule,
)


@rule(
    "host-network",
    each=Container,
    severity=Severity.MEDIUM,
    category="privilege",
    cwe=653,
    since="0.1.0",
    profile=Profile.ALL,
    contained_by={Sandbox.VM, Sandbox.GVISOR},
    asks=("namespaces.network",),
    fixes=(removal("gives the container a network of its own", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report the host's network on anything but an engine's container, which another rule is about."""
    unknown = container.namespaces.undecided("network")
    if unknown is not None and container.role is not Role.ENGINE:
        yield Undecided(unknown, unknown.variable)
    host = container.namespaces.host("network")
    if host is not None and (container.role is not Role.ENGINE or container.rootless_engine.on):
        yield Problem(
            host, f"{container} shares the host's network and can reach what listens on the host's localhost"
        )
