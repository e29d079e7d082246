"""A Sysbox container is given what Sysbox replaces or refuses.

## Why it matters
Sysbox puts a container into a user namespace, so that an engine in it needs no privilege. Privileged mode and the
host's user, process, network or IPC namespace don't fit that: Sysbox refuses the container, or it doesn't work.
Whoever wrote both probably believes that they add up; the usual "repair" is to drop the runtime and keep the
privilege.

## Instead
Keep the runtime, remove the rest:

```yaml
services:
  dind:
    image: docker:29.7.2-dind
    runtime: sysbox-runc
```
```yaml
spec:                             # Kubernetes
  runtimeClassName: sysbox-runc
  hostUsers: false
```

## When it is fine
Never.

## References
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/limitations.md
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/security.md
"""

from collections.abc import Iterator

from dindguard.api import Container, Edit, Fixer, Give, Problem, Remove, Severity, Undecided, reason, rule


def fix(container: Container, problem: Problem) -> Iterator[Edit]:
    """Take the setting away; a user namespace has to be asked for."""
    kept = problem.at is container.user_namespace
    yield Give(container, "user_namespace", True) if kept else Remove(problem.at)


@rule(
    "sysbox-contradiction",
    each=Container,
    severity=Severity.HIGH,
    category="sandbox",
    cwe=1188,
    since="0.1.0",
    replaces=(
        "privileged-container",
        "privileged-engine",
        "near-privileged",
        "host-pid-namespace",
        "host-ipc-namespace",
        "host-network-engine",
        "host-network",
    ),
    asks=("runtime",),
    fixes=(Fixer("removes the setting that Sysbox refuses", fix),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report privileged mode and host namespaces beside Sysbox."""
    sysbox, runtime = container.sysbox, container.runtime
    if runtime is not None and runtime.unknown and container.privileged.on:
        yield Undecided(runtime, runtime.variable)
    if sysbox is None:
        return
    why = (reason("Sysbox is asked for here", sysbox),)
    own = container.user_namespace
    if container.privileged.on:
        yield Problem(container.privileged, f"{container} is privileged, which Sysbox refuses", because=why)
    if own is not None and own.off:
        yield Problem(own, f"{container} keeps the host's users, which Sysbox refuses", because=why)
    for name in ("user", "pid", "network", "ipc"):
        host = container.namespaces.host(name)
        if host is not None:
            message = f"{container} shares the host's {name} namespace, which Sysbox refuses"
            yield Problem(host, message, because=why)
