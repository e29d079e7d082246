"""A job that only commands an engine uses the image with the daemon.

## Why it matters
Since 23.0 `docker`, `docker:latest` and `docker:29` are the *dind* image: dockerd, runc, iptables and an entry point
that starts a daemon come along. A client needs none of it, and an attacker in the job finds it all in place.

## Instead
Use the image that has the client alone:

```yaml
build:
  image: docker:29.10.0-cli
  script: [docker build .]
```

## When it is fine
When the job starts `dockerd` itself.

## References
- https://hub.docker.com/_/docker
- docker-library/docker, commit f23a2be
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    ContainerKind,
    Edit,
    EngineProduct,
    Fixer,
    Problem,
    Profile,
    Severity,
    Variant,
    remedies,
    rule,
)


def fix(container: Container, _: Problem) -> Iterator[Edit]:
    """Name the image that holds no daemon."""
    yield from remedies.newest_image(container.image, Variant.CLIENT)


@rule(
    "engine-image-as-client",
    each=Container,
    severity=Severity.INFO,
    category="image",
    since="0.1.0",
    profile=Profile.ALL,
    asks=("image.engine",),
    fixes=(Fixer("names the image that holds the client only", fix),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report containers of the daemon's image that run no daemon."""
    image = container.image
    if image is None or image.engine is None or container.engine is not None:
        return
    if container.kind is ContainerKind.RUNNER_DEFAULT or not container.started:
        return  # a job decides what a runner's default image is for
    if (
        image.engine.product is EngineProduct.DOCKER
        and image.engine.official
        and image.engine.variant is Variant.DAEMON
    ):
        yield Problem(image, f"{container} only commands an engine, but '{image}' contains the daemon as well")
