"""An engine runs from an image tag that names no version.

## Why it matters
`docker:dind`, `docker:latest` and their like move to the next major version on the day it appears: from 27 to 28 on
2025-02-19, from 28 to 29 on 2025-11-10. The last of these changed the image store and refused clients older
than 25.0, so that pipelines broke overnight without a commit. Whoever can push to the tag also decides what runs,
usually privileged, on your host tomorrow.

## Instead
Name a version, and add the digest you tested:

```yaml
services:
  dind:
    image: docker:29.10.0-dind    # or docker:29.10.0-dind@sha256:…
```
Let a bot raise it, so that the change is a commit.

## When it is fine
As the base of an image that is itself tagged and tested, the finding is *low*. On a machine of your own, for an
afternoon.

## References
- https://hub.docker.com/_/docker
- https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
- CWE-1357; docker-library/docker history
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    ContainerKind,
    Edit,
    EngineProduct,
    Fixer,
    Problem,
    Severity,
    Undecided,
    remedies,
    rule,
)


def fix(container: Container, _: Problem) -> Iterator[Edit]:
    """Name a release."""
    yield from remedies.newest_image(container.image)


@rule(
    "floating-engine-image",
    each=Container,
    severity=Severity.MEDIUM,
    category="image",
    cwe=1357,
    since="0.1.0",
    asks=(
        "image.from_anywhere",
        "image.engine.floating and not image.engine.version",
        "image.engine and image.engine.floating is None",
    ),
    fixes=(Fixer("names the newest release", fix),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report engines whose image tag says nothing about their version."""
    image = container.image
    if image is None or container.build is not None or container.origin.beneath:
        return  # what is built here is judged by what it is built from
    if image.from_anywhere and _may_start_an_engine(container):
        yield Undecided(image, image.reference.variable)
    if container.engine is None or image.engine is None:
        return
    if not image.reference.written:
        return  # the platform chooses the image: there is no tag to write
    if image.engine.floating is None:
        yield Undecided(image, image.reference.variable)
    elif image.engine.floating and image.engine.version is None:
        grave = image.engine.product is EngineProduct.DOCKER and container.started
        severity = Severity.MEDIUM if grave else Severity.LOW
        message = f"{container} runs its engine from '{image}', a tag that names no version"
        yield Problem(image, message, severity=severity)


def _may_start_an_engine(container: Container) -> bool:
    """Whether an image nobody knows may be an engine that starts: a job's script or a command runs instead of it."""
    replaced = container.kind in (ContainerKind.JOB, ContainerKind.COMMAND)
    return container.started and not (replaced and container.privileged.off)
