"""An engine's image can change its content under the same name.

## Why it matters
`docker:29-dind` is whatever 29.x was built last, and even `docker:29.10.0-dind` is rebuilt when its base image
changes. Two runs of one commit may then use two engines, and a tag that somebody else can move is trusted blindly.

## Instead
Name the full version and the digest that was tested, and let a bot raise both:

```yaml
services:
  dind:
    image: docker:29.10.0-dind@sha256:…    # the digest that was tested
```

## When it is fine
For a client, or where a registry of your own makes tags immutable.

## References
- https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
- https://hub.docker.com/_/docker
- CWE-1357
"""

from collections.abc import Iterator

from dindguard.api import Container, Problem, Profile, Severity, rule


@rule(
    "unpinned-engine-image",
    each=Container,
    severity=Severity.LOW,
    category="image",
    cwe=1357,
    since="0.1.0",
    profile=Profile.ALL,
    asks=("image.engine",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report engine images without a digest: tags that move as *low*, complete versions as *info*."""
    image = container.image
    if (
        image is None
        or container.build is not None
        or container.image_built_by is not None
        or image.engine is None
        or image.pinned is not False
    ):
        return
    if image.bare and not image.engine.official:
        return  # built locally: no registry gives it a digest
    if not image.engine.floating:
        if image.engine.floating is not None and container.runs_containers:
            message = f"{container} runs '{image}' without a digest, so a rebuild can change it"
            yield Problem(image, message, severity=Severity.INFO)
    elif container.engine is None or image.engine.version is not None:
        yield Problem(image, f"{container} runs '{image}', a tag that moves with every release")
