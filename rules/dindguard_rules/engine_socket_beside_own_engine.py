"""A nested engine also gets the host's engine socket, at the path where it makes its own.

## Why it matters
The nested daemon listens on `/var/run/docker.sock`. With the host's socket mounted there it cannot start
("can't create unix socket …: device or resource busy"). With the host's `/var/run` mounted it is worse: the
image's entry point deletes `docker*.pid` files in it, and the daemon replaces the host's socket by its own,
so that the host's clients suddenly talk to the nested engine.

## Instead
Take the host's socket out of the engine's container, which makes a socket of its own; a client of the host's engine needs
no nested one:

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    privileged: true
    volumes:
      - dind-data:/var/lib/docker
```

## When it is fine
Never at the daemon's own path. A host socket mounted elsewhere is `host-engine-socket`.

## References
- https://docs.docker.com/engine/daemon/
- docker-library/docker `dockerd-entrypoint.sh`; measured with dockerd 20.10
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
    "engine-socket-beside-own-engine",
    each=Engine,
    severity=Severity.HIGH,
    category="socket",
    since="0.1.0",
    replaces=("host-engine-socket",),
    asks=("container.mounts",),
    fixes=(removal("removes the mount of the other engine's socket", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report a mount of the host's socket, or of its directory, over the daemon's own socket."""
    if engine.container is None:
        return
    for endpoint in engine.listens:
        mount = engine.container.mount_at(endpoint.host) if endpoint.scheme == "unix" else None
        if mount is not None and mount.socket() is not None:
            message = (
                f"{engine.container} runs an engine of its own and mounts the host's socket where that engine listens"
            )
            declared = reason("the volume is the host's socket", mount.declared)
            because = (reason("its own engine listens there", endpoint), declared)
            yield Problem(mount.host_text or mount, message, because=because)
