"""A rootless engine is told to use a network driver that its image no longer has.

## Why it matters
Rootless images had vpnkit, and took it by default, until 29.4; from 29.5 on they have slirp4netns alone. With
`DOCKERD_ROOTLESS_ROOTLESSKIT_NET=vpnkit` the engine then doesn't start. slirp4netns needs the device
`/dev/net/tun`.

## Instead
Remove the variable, and give the device:

```yaml
services:
  dind:
    image: docker:29.7.2-dind-rootless
    devices: [/dev/net/tun]
    security_opt: [seccomp=unconfined, apparmor=unconfined, systempaths=unconfined]
```

## When it is fine
With an image of 29.4 or older.

## References
- https://docs.docker.com/engine/security/rootless/
- https://github.com/docker-library/docker
"""

from collections.abc import Iterator

from dindguard.api import Daemon, Problem, Severity, rule

VARIABLE = "DOCKERD_ROOTLESS_ROOTLESSKIT_NET"


@rule(
    "removed-rootless-network-driver",
    each=Daemon,
    severity=Severity.MEDIUM,
    category="sandbox",
    since="0.1.0",
)
def check(daemon: Daemon) -> Iterator[Problem]:
    """Report vpnkit with rootless images from 29.5 on."""
    container = daemon.container
    chosen = container.environment[VARIABLE] if container is not None else None
    if chosen is None or chosen.value.value != "vpnkit" or not daemon.rootless.on or not daemon.since((29, 5)):
        return
    image = container.image if container is not None else None
    yield Problem(chosen.value, f"{daemon} is told to use vpnkit, which its image no longer has", because=(image,))
