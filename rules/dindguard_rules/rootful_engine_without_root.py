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
    asks=("lacks_root",),
    fixes=(
        removal(
            "removes the user, so that the engine runs as root in its container",
            unsafe=True,
            brings=("privileged-engine",),  # which is graver of an engine that starts
        ),
    ),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report the official rootful image with a user other than root."""
    user, container = engine.lacks_root, engine.container
    if user is not None and container is not None:
        message = f"{engine} is started as an ordinary user by an image that has no rootless engine"
        yield Problem(user, message, because=(reason("its engine needs root", container.image),))
