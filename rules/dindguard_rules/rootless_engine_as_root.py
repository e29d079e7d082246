"""An image made for a rootless engine is run as root.

## Why it matters
The entry point of `dind-rootless` looks at its user id: as uid 0 it starts the ordinary engine. What
looks like a rootless engine in the file is then a rootful one, and with `privileged: true` beside it root on the
host.

## Instead
Remove the user; the image's own is `rootless` (uid 1000):

```yaml
services:
  dind:
    image: docker:29.7.2-dind-rootless
    security_opt: [seccomp=unconfined, apparmor=unconfined, systempaths=unconfined]
    devices: [/dev/net/tun]
```
If only root may write to the volume, change its owner: `chown 1000:1000`.

## When it is fine
Never.

## References
- https://docs.docker.com/engine/security/rootless/
- https://hub.docker.com/_/docker
- docker-library/docker `dockerd-entrypoint.sh`
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Severity,
    reason,
    removal,
    rule,
)


@rule(
    "rootless-engine-as-root",
    each=Engine,
    severity=Severity.HIGH,
    category="sandbox",
    cwe=250,
    since="0.1.0",
    asks=("rootless.off and rootless.set",),
    fixes=(removal("removes the user, so that the engine runs as the image's own", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report rootless images whose user somebody set to root."""
    if engine.container is not None and engine.rootless.off and engine.rootless.set:
        image = engine.container.image
        yield Problem(
            engine.rootless,
            f"{engine} comes in a rootless image, but runs as root",
            because=(reason("made for an ordinary user", image),),
        )
