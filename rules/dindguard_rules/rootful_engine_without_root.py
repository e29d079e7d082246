"""An ordinary engine image is run as an ordinary user.

## Why it matters
The entry point of `docker:…-dind`, started as anyone but root, starts as the rootless engine does, finds no
`rootlesskit` in the image, and stops: "error: attempting to run rootless dockerd but missing 'rootlesskit' (perhaps
the 'docker:dind-rootless' image variant is intended?)".

## Instead
Take the rootless image, which has a user of its own:

```yaml
services:
  dind:
    image: docker:29.7.2-dind-rootless
    security_opt: [seccomp=unconfined, apparmor=unconfined, systempaths=unconfined]
    devices: [/dev/net/tun]
```

## When it is fine
Never: it doesn't start.

## References
- https://docs.docker.com/engine/security/rootless/
- https://hub.docker.com/_/docker
- docker-library/docker `dockerd-entrypoint.sh`
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    EngineProduct,
    Problem,
    Severity,
    reason,
    removal,
    rule,
)


@rule(
    "rootful-engine-without-root",
    each=Engine,
    severity=Severity.MEDIUM,
    category="sandbox",
    since="0.1.0",
    asks=("container.as_root.off and container.as_root.set",),
    fixes=(removal("removes the user, so that the engine runs as root in its container", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report the official rootful image with a user other than root."""
    container = engine.container
    if (
        container is None
        or engine.product is not EngineProduct.DOCKER
        or not engine.launch.wrapper
        or not engine.rootless.off
    ):
        return
    if not container.started or container.build is not None:
        return  # an image of one's own may have brought a rootless engine along
    if container.as_root.off and container.as_root.set:
        message = f"{engine} is started as an ordinary user by an image that has no rootless engine"
        yield Problem(container.as_root, message, because=(reason("its engine needs root", container.image),))
