"""An engine keeps its state in memory without a size limit.

## Why it matters
Images and layers in a `tmpfs` or an `emptyDir` with `medium: Memory` are charged to the container's memory: pulling
one image too many kills the daemon, or the node's other pods where no limit is set.

## Instead
Set a size limit (`sizeLimit: 8Gi`, `tmpfs: /var/lib/docker:size=8g`), with a memory limit above it, or use disk.

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    mem_limit: 12g
    tmpfs: ["/var/lib/docker:size=8g"]
```

## When it is fine
In gVisor and Kata, where memory is what overlay needs, and with a size limit.

## References
- https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
- https://gvisor.dev/docs/tutorials/docker-in-gvisor/
"""

from collections.abc import Iterator

from dindguard.api import Backing, Engine, Problem, Sandbox, Severity, reason, rule


@rule(
    "memory-backed-data-root",
    each=Engine,
    severity=Severity.MEDIUM,
    category="data-root",
    cwe=770,
    since="0.1.0",
    asks=("data_mount",),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report data roots in memory that have no size limit."""
    mount = engine.data_mount
    if engine.backing is not Backing.MEMORY or mount is None or engine.container is None:
        return
    bounded = mount.storage is not None and mount.storage.size_limit is not None
    if not bounded and engine.container.sandbox not in (Sandbox.GVISOR, Sandbox.VM):
        because = (reason("the volume is memory", mount.declared),)
        yield Problem(mount, f"{engine} keeps its state in memory without a limit", because)
