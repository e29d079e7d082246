"""A nested engine runs in the host's network namespace.

## Why it matters
Every port that the engine or an inner container opens is a port of the host: no publishing, no firewall of Docker's
between. The inner engine writes *its* iptables rules and its `docker0` bridge into the host's tables, over those of
the host's own engine, and takes them away when it stops. Abstract Unix sockets of the host are reachable too (that
was CVE-2020-15257).

## Instead
Remove the line: clients reach the engine by its name on the shared network.

```yaml
services:
  dind:
    image: docker:29.7.2-dind
    privileged: true
  job:
    image: docker:29.7.2-cli
    environment: {DOCKER_HOST: "tcp://dind:2376", DOCKER_TLS_VERIFY: "1"}
```
Inside a pod the members share one network already: `tcp://localhost:2376`, or the socket through an `emptyDir`.

## When it is fine
A node of a cluster in a container (kind, k3s) on a machine of its own.

## References
- https://docs.docker.com/engine/network/drivers/host/
- CIS Docker Benchmark 1.6, 5.10; CIS Kubernetes Benchmark 5.2.5; MITRE ATT&CK T1611
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
    "host-network-engine",
    each=Container,
    severity=Severity.HIGH,
    category="privilege",
    cwe=653,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR},
    replaces=("host-network",),
    asks=("namespaces.network and role is engine",),
    fixes=(removal("gives the engine a network of its own", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report an engine's container in the host's network namespace."""
    if container.role is not Role.ENGINE:
        return
    unknown = container.namespaces.undecided("network")
    if unknown is not None:
        yield Undecided(unknown, unknown.variable)
    host = container.namespaces.host("network")
    if host is not None and not container.rootless_engine.on:
        message = f"{container} runs an engine in the host's network: its ports and firewall rules are the host's"
        yield Problem(host, message, because=(reason("the engine that gets it", container.engine),))
