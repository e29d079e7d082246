"""A rootless engine is told to use a network driver that was removed.

## Why it matters
The official rootless image has had no vpnkit since 29.5; slirp4netns took its place. With
`DOCKERD_ROOTLESS_ROOTLESSKIT_NET=vpnkit` RootlessKit finds no such program and the engine does not start.

## Instead
Leave the variable out, or set it to `slirp4netns`, and give the container `/dev/net/tun`.

```yaml
services:
  dind:
    image: docker:29.10.0-dind-rootless
    environment: {DOCKERD_ROOTLESS_ROOTLESSKIT_NET: slirp4netns}
    devices: [/dev/net/tun]
```

## When it is fine
With an image up to 29.4.

## References
- https://docs.docker.com/engine/security/rootless/
- docker-library/docker, commit 55b0b1c
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
    "removed-rootless-network",
    each=Engine,
    severity=Severity.MEDIUM,
    category="operation",
    since="0.1.0",
    asks=("rootless.on",),
    fixes=(removal("removes the variable, so that the default network is used"),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report vpnkit where the image brings none."""
    variable = engine.variable("DOCKERD_ROOTLESS_ROOTLESSKIT_NET")
    if variable is None or variable.value.value != "vpnkit" or not engine.rootless.on:
        return
    if engine.at_least(29, 5):
        yield Problem(variable.value, f"{engine} asks for vpnkit, which its image has not had since 29.5")
