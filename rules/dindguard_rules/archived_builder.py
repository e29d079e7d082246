"""An image is used that is no longer maintained.

## Why it matters
Kaniko was archived on 2025-06-03, the frozen channels of the `docker` image (`stable`, `test`, `edge`) stopped in
December 2020, `jpetazzo/dind` even earlier. They run as root, read Dockerfiles and layers that others wrote, and get no
fixes for what is found in their parsers. New engines also refuse a client that old.

## Instead
Use rootless BuildKit (`moby/buildkit:v0.25.2-rootless`) or Buildah (`quay.io/buildah/stable:v1.41`) instead of Kaniko, and
`docker:29.10.0-cli` or `docker:29.10.0-dind` instead of a frozen channel:

```yaml
services:
  buildkitd:
    image: moby/buildkit:v0.25.2-rootless    # or quay.io/buildah/stable:v1.41
```

## When it is fine
With a maintained fork under another name.

## References
- https://github.com/GoogleContainerTools/kaniko
- https://hub.docker.com/_/docker
- https://github.com/moby/buildkit/blob/master/docs/rootless.md
- CWE-1104
"""

from collections.abc import Iterator

from dindguard.api import Container, Problem, Severity, rule

OF_A_FROZEN_CHANNEL = "Name a version: docker:29.10.0-cli for a client, docker:29.10.0-dind for an engine"
OF_A_BUILDER = "Use rootless BuildKit (moby/buildkit:v0.25.2-rootless) or Buildah (quay.io/buildah/stable:v1.41)"


@rule(
    "archived-builder",
    each=Container,
    severity=Severity.MEDIUM,
    category="image",
    cwe=1104,
    since="0.1.0",
    asks=("image.archived",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report archived images; an engine that runs is reported by its version instead."""
    image = container.image
    if image is None or container.build is not None or image.archived is None:
        return
    if container.engine is not None and container.engine.version is not None:
        return
    frozen = image.engine is not None and image.engine.frozen
    instead = OF_A_FROZEN_CHANNEL if frozen else OF_A_BUILDER if image.engine is None else ""
    yield Problem(
        image, f"{container} uses '{image}', which is no longer maintained: {image.archived}", instead=instead
    )
