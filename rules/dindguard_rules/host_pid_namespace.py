"""A container shares the host's process namespace.

## Why it matters
The container sees every process of the host and may signal those of its own user id: root in it can kill the
engine, the kubelet and every other container's processes, and read their command lines and environments. With
`SYS_PTRACE`, `SYS_ADMIN` or privileged mode it enters them: `/proc/1/root` is the host's root directory. So does
one that joins such a container (`pid: "service:agent"`). Docker
also switches the container's SELinux label off, unless a `label` option is given.

## Exploit
`nsenter -t 1 -m -p sh` in a privileged container is a root shell on the host.

Docker's own AppArmor profile forbids to trace what runs outside. On a machine without AppArmor nothing does: with a capability
alone the finding is *high*, and *critical* where AppArmor is switched off.

## Instead
Remove the line; to see the processes of one other container, join that one:

```yaml
services:
  debug:
    image: example/tools:1
    pid: "service:app"
```
```yaml
spec:                             # Kubernetes
  shareProcessNamespace: true     # the pod's processes, not the node's
```

## When it is fine
An agent that measures processes (node exporter, Glances, a profiler) needs it; the finding is *medium* there, and for a program
that is not root (*high* beside a capability or privileged mode, which it has once it becomes root). Keep its
capabilities dropped and its user not root.

## References
- https://docs.docker.com/engine/containers/run/#pid-settings---pid
- https://kubernetes.io/docs/concepts/security/pod-security-standards/
- CIS Docker Benchmark 1.6, 5.16; CIS Kubernetes Benchmark 5.2.3; MITRE ATT&CK T1611
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
    "host-pid-namespace",
    each=Container,
    severity=Severity.CRITICAL,
    category="privilege",
    cwe=653,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR},
    asks=("namespaces.pid",),
    fixes=(removal("gives the container a PID namespace of its own", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report pid: host, by what else the container may do there."""
    unknown = container.namespaces.undecided("pid")
    if unknown is not None:
        yield Undecided(unknown, unknown.variable)
    host = container.in_hosts("pid")
    if host is None:
        return
    power = container.capabilities.adding("SYS_PTRACE", "SYS_ADMIN", "ALL")
    if container.privileged.on or power is not None:
        kept = not container.privileged.on and container.confinement.apparmor_off is None
        message = f"{container} can enter every process of the host"
        message += " unless AppArmor keeps it out" if kept else ""
        message += ", once a program in it becomes root" if container.as_root.off else ""
        because = (
            reason("privileged mode lets it", container.privileged)
            if container.privileged.on
            else reason("this capability lets it", power),
        )
        joined = container.joins("pid")
        there = joined.in_hosts("pid") if joined is not None else None
        product = container.powerful_product
        part = container.workload.node_part if product is None else None
        message += f", as {product}'s own instructions have it" if product else ""
        message += f", as part of its node's {part.what}" if part is not None else ""
        yield Problem(
            host,
            message,
            because=(
                *because,
                reason("whoever it joins shares the host's processes", there),
                reason("by this mount its pod is one", part),
            ),
            severity=Severity.HIGH
            if kept or product or part is not None or container.as_root.off
            else Severity.CRITICAL,
        )
    elif container.namespaces.host("pid") is not None:  # else it is told of the container that is joined
        ordinary = not (container.as_root.on or container.as_root.unknown)
        watches = container.role is Role.OTHER or container.known_socket_user
        severity = Severity.MEDIUM if ordinary or watches else Severity.HIGH
        message = f"{container} sees the host's processes{_and_signals(container)}"
        yield Problem(host, message, severity=severity)


def _and_signals(container: Container) -> str:
    """Return what the container may do to the processes it sees: only root may signal those of others (kill(2))."""
    if container.user_of_host:
        return " and can signal those of its user"
    if container.as_root.unknown:
        return ", and as root can signal them"
    return " and can signal them" if container.as_root.on else ""
