"""An engine under Sysbox is configured in a way that Sysbox doesn't support.

## Why it matters
Sysbox mounts a directory of the host at `/var/lib/docker`, because an overlay file system can't lie on the
container's own overlay. With another data root the engine falls back to a slow driver or doesn't start. A second
`userns-remap` inside the container's user namespace isn't supported either, and neither is Sysbox in Sysbox.

## Instead
Leave the data root where it is; a volume may be mounted there:

```yaml
services:
  dind:
    image: docker:29.7.2-dind
    runtime: sysbox-runc
    volumes: [engine:/var/lib/docker]
volumes:
  engine:
```

## When it is fine
Never.

## References
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/dind.md
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/limitations.md
"""

from collections.abc import Iterator

from dindguard.api import Engine, EngineProduct, Problem, Severity, reason, rule

USUAL = "/var/lib/docker"


@rule(
    "sysbox-unsupported-engine",
    each=Engine,
    severity=Severity.MEDIUM,
    category="sandbox",
    since="0.1.0",
    asks=("container.sysbox",),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report a data root elsewhere, and remapping, in a Docker engine under Sysbox."""
    sysbox = engine.container.sysbox if engine.container is not None else None
    if sysbox is None or engine.product is not EngineProduct.DOCKER:
        return
    why = (reason("the engine runs under Sysbox", sysbox),)
    root = engine.data_root
    if root.written and root.known and root.value != USUAL and engine.data_mount is None:
        message = f"{engine} keeps its data in {root.value}, where Sysbox provides no file system for it"
        yield Problem(root, message, because=why)
    remap = engine.setting("userns-remap")
    if remap is not None and remap.value.known:
        yield Problem(remap, f"{engine} remaps users, which Sysbox doesn't support inside", because=why)
