"""An engine's container has a read-only root and nothing writable where it must write.

## Why it matters
dockerd and containerd write sockets, PID files and state below `/run`, and the entry point writes certificates to
`/certs`. With a read-only root file system and no mount there, the container exits at the start.

## Instead
Give the engine writable places for what it writes, and a volume for its state:

```yaml
services:
  dind:
    read_only: true
    tmpfs: [/run, /tmp, /certs, /etc/docker]
```
In Kubernetes an `emptyDir` for each.

## When it is fine
Never without those mounts.

## References
- https://docs.docker.com/reference/compose-file/services/#read_only
- https://hub.docker.com/_/docker
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Severity,
    removal,
    rule,
)


@rule(
    "engine-cannot-write",
    each=Engine,
    severity=Severity.MEDIUM,
    category="operation",
    since="0.1.0",
    asks=("runs_in.read_only_root",),
    fixes=(removal("makes the engine's root file system writable"),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report read-only roots without a writable place for what every start writes."""
    container = engine.runs_in
    if container is None or not container.read_only_root.on:
        return
    needed = ["/run"]
    if engine.certificates is not None and engine.certificates.generated and not engine.rootless.on:
        needed.append(engine.certificates.directory)
    missing = [path for path in needed if (mount := container.mount_at(path)) is None or mount.read_only.on]
    if missing:
        message = f"{engine} cannot write to {' and '.join(missing)}: its container's root file system is read-only"
        yield Problem(container.read_only_root, message)
