"""A client is too old for the engine that it commands.

## Why it matters
An engine has a lowest API version. 29.0 to 29.2 ask for 1.44, which clients speak since 25.0; 29.3 went back to 1.40,
that of 19.03. An older client gets "client version 1.43 is too old. Minimum supported API version is 1.44": every
command fails. It happens overnight when the engine's tag floats and the client's does not.

## Instead
Use the same version for client and engine:

```yaml
build:
  image: docker:29.10.0-cli
  services: [docker:29.10.0-dind]
```

## When it is fine
Never with these engines' default settings. `DOCKER_MIN_API_VERSION` on the engine lowers the minimum for a while.

## References
- https://docs.docker.com/engine/release-notes/29/
- https://docs.docker.com/reference/api/engine/#versioned-api-and-sdk
"""

from collections.abc import Iterator

from dindguard.api import (
    Access,
    Edit,
    Engine,
    Fixer,
    Problem,
    Severity,
    Step,
    engine_versions,
    rule,
)


def fix(access: Access, _: Problem) -> Iterator[Edit]:
    """Name a client that the engine obeys."""
    from dindguard.api import remedies

    yield from remedies.newest_image(access.who.image)


@rule(
    "outdated-engine-client",
    each=Access,
    severity=Severity.HIGH,
    category="image",
    since="0.1.0",
    asks=("uses and to.container.image.engine and who.image.engine.version",),
    fixes=(Fixer("names the newest client", fix),),
)
def check(access: Access) -> Iterator[Problem]:
    """Report clients whose newest API version a nested engine refuses."""
    if not isinstance(access.to, Engine) or access.to.container is None or not access.uses:
        return
    image, engine = access.who.image, access.to.container.image
    if image is None or engine is None or access.who.build is not None:
        return
    lenient = access.to.variable("DOCKER_MIN_API_VERSION") or access.to.settings("min-api-version")
    if engine_versions.refuses(engine.engine, image.engine) and not lenient:
        message = f"{access.who} uses a client that {access.to} refuses as too old"
        yield Problem(image, message, because=(Step("the engine's version", engine.span),))
