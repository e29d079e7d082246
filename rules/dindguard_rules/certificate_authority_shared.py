"""Clients can read the private key of the engine's certificate authority.

## Why it matters
`/certs/ca` holds the key that signs client and server certificates. Whoever reads it makes certificates of their
own that the engine accepts, and that keep working after the job is over: the authority is reused at every start.
Clients need `/certs/client` only.

## Instead
Share the client's directory alone, read-only:

```yaml
volumes:
  - certs-ca:/certs/ca          # the engine only
  - certs-client:/certs/client  # the engine, and the clients with :ro
```

## When it is fine
Never.

## References
- https://hub.docker.com/_/docker
- CWE-522; docker-library/docker `dockerd-entrypoint.sh`
"""

from collections.abc import Iterator

from dindguard.api import (
    Edit,
    Engine,
    Fixer,
    Mount,
    Problem,
    Severity,
    Step,
    Volume,
    rule,
)


def fix(engine: Engine, problem: Problem) -> Iterator[Edit]:
    """Give the client a volume that the authority's key is not on."""
    container, certificates = engine.container, engine.certificates
    if container is None or certificates is None or not isinstance(problem.at, Mount):
        return
    name, directory = f"{container.name}-client-certificates", f"{certificates.directory}/client"
    yield Volume(container, name, directory)
    yield Volume(problem.at, name, directory, read_only=True)


@rule(
    "certificate-authority-shared",
    each=Engine,
    severity=Severity.HIGH,
    category="daemon-api",
    cwe=522,
    since="0.1.0",
    asks=("certificates.mounts",),
    fixes=(Fixer("shares the client certificates only", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report storages that hold the authority's key and that others than the engine mount."""
    certificates = engine.certificates
    if certificates is None or engine.container is None:
        return
    own = engine.container.mount_at(f"{certificates.directory}/ca")
    if own is None or own.storage is None or own.read_only.on:
        return  # an engine that cannot write there leaves no key
    for user, mount in own.storage.users:
        narrowed = mount.sub_path is not None and mount.sub_path.value not in ("", ".", "ca")
        if user.engine is None and not narrowed and user.runs_beside(engine.container):
            message = f"{user} can read the key of the certificate authority of {engine}"
            yield Problem(mount, message, (Step("the engine writes it here", own.span),), subject=user)
