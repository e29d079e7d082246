"""A client is too old for the engine that it commands.

## Why it matters
An engine has a lowest API version. 29.0 to 29.2 ask for 1.44, which clients speak since 25.0; 29.3 went back to 1.40,
that of 19.03. An older client gets "client version 1.43 is too old. Minimum supported API version is 1.44": every
command fails. It happens overnight when the engine's tag floats and the client's does not. `DOCKER_API_VERSION` has a new
client speak an old version, too: it then agrees on none with the engine.

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
    Text,
    engine_versions,
    rule,
)

INSTEAD = "Leave DOCKER_API_VERSION out: a client and its engine agree on a version by themselves"


def fix(access: Access, problem: Problem) -> Iterator[Edit]:
    """Name a client that the engine obeys, where it is the client's own version that is too old."""
    from dindguard.api import remedies

    if problem.at is access.who.image:
        yield from remedies.newest_image(access.who.image)


@rule(
    "outdated-engine-client",
    each=Access,
    severity=Severity.HIGH,
    category="image",
    since="0.1.0",
    asks=("uses and to.container.image.engine",),
    fixes=(Fixer("names the newest client", fix),),
)
def check(access: Access) -> Iterator[Problem]:
    """Report clients whose newest API version, or the one that they are told to speak, a nested engine refuses."""
    if not isinstance(access.to, Engine) or access.to.container is None or not access.uses:
        return
    client, engine = access.who.image, access.to.container.image
    told, least = _told_to_speak(access), _least(access.to)
    if engine is None or least is None or (told is not None and told.value is None):
        return
    because = (Step("the engine's version", engine.span),)
    if told is not None and told.value is not None:
        if engine_versions.refuses(engine.engine, None, spoken=told.value, least=least):
            message = f"{access.who} speaks version {told} of the API, which {access.to} refuses as too old"
            yield Problem(told, message, because, instead=INSTEAD)
        return
    if (
        client is not None
        and access.who.build is None
        and engine_versions.refuses(engine.engine, client.engine, least=least)
    ):
        yield Problem(client, f"{access.who} uses a client that {access.to} refuses as too old", because)


def _told_to_speak(access: Access) -> Text | None:
    """Return the version that a client is told to speak, in its container or beside its commands."""
    variable = access.who.environment["DOCKER_API_VERSION"]
    calls = (each.environment.get("DOCKER_API_VERSION") for each in access.who.invocations)
    found = variable.value if variable is not None else next((each for each in calls if each is not None), None)
    return found if found is not None and found.pattern else None


def _least(engine: Engine) -> str | None:
    """Return the oldest version that an engine is told to take, ``""`` by default; ``None`` where that is not known."""
    variable, setting = engine.variable("DOCKER_MIN_API_VERSION"), engine.setting("min-api-version")
    told = variable.value if variable is not None else setting.value if setting is not None else None
    return "" if told is None else told.value
