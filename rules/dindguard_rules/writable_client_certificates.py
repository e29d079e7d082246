"""A client can change the certificates that other clients use.

## Why it matters
The engine writes client certificates and its authority's certificate to the shared directory. A client that can
write there can put an authority of its own in place, and the next client trusts an engine of its choice.

## Instead
Mount `/certs/client` read-only in clients (`:ro`, `readOnly: true`).

```yaml
services:
  job:
    image: docker:29.10.0-cli
    volumes: ["certs-client:/certs/client:ro"]
```

## When it is fine
With one client only, and a volume that ends with it.

## References
- https://hub.docker.com/_/docker
"""

from collections.abc import Iterator

from dindguard.api import (
    Edit,
    Engine,
    Fixer,
    Give,
    Problem,
    Profile,
    Severity,
    Step,
    rule,
)


def fix(_: Engine, problem: Problem) -> Iterator[Edit]:
    """Mount them read-only."""
    yield Give(problem.at, "read_only", True)


@rule(
    "writable-client-certificates",
    each=Engine,
    severity=Severity.LOW,
    category="daemon-api",
    cwe=732,
    since="0.1.0",
    profile=Profile.ALL,
    asks=("certificates.mounts",),
    fixes=(Fixer("mounts the client certificates read-only", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report writable mounts of the client certificates outside the engine."""
    if engine.certificates is None or engine.container is None or engine.container.given_by is not None:
        return  # a CI runner mounts the same for the engine and for the job
    own = engine.container.mount_at(f"{engine.certificates.directory}/client")
    if own is None or own.storage is None:
        return
    for user, mount in own.storage.users:
        if user.engine is None and mount.read_only.off and user.runs_beside(engine.container):
            message = f"{user} can write to the client certificates of {engine}"
            yield Problem(mount, message, (Step("the engine writes them here", own.span),), subject=user)
