"""A client is told to use TLS, but gets no certificates from its engine.

## Why it matters
The official image makes a client certificate at every start and writes it to `/certs/client`. A client that is
told to use TLS and does not share that directory finds no certificate, and no command reaches the engine.

## Instead
Mount the engine's volume in the client, read-only, and name it:

```yaml
volumes:
  - certs-client:/certs/client:ro
environment:
  DOCKER_CERT_PATH: /certs/client
```

## When it is fine
When the certificates are your own and lie in the client's image, or come from a secret store.

## References
- https://hub.docker.com/_/docker
- https://docs.docker.com/engine/security/protect-access/
"""

from collections.abc import Iterator

from dindguard.api import (
    Access,
    Confidence,
    Edit,
    Engine,
    Fixer,
    Problem,
    Severity,
    Step,
    remedies,
    rule,
)


def fix(access: Access, _: Problem) -> Iterator[Edit]:
    """Share the client certificates, and only those."""
    if isinstance(access.to, Engine):
        yield from remedies.shared_certificates(access.to, access)


@rule(
    "client-certificates-missing",
    each=Access,
    severity=Severity.MEDIUM,
    category="daemon-api",
    since="0.1.0",
    asks=("to.certificates and endpoint.encrypted.on",),
    fixes=(Fixer("mounts the engine's client certificates in the client, read-only", fix),),
)
def check(access: Access) -> Iterator[Problem]:
    """Report TLS clients that share no directory with the engine that makes the certificates."""
    client, engine = access.endpoint, access.to
    if not isinstance(engine, Engine) or engine.certificates is None or client is None or client.encrypted is None:
        return
    workload = access.who.workload
    unseen = workload.platform.adds_mounts and workload.runner is None
    if not client.encrypted.on or not access.uses or unseen:
        return
    if (
        not access.certificate_path
        or access.shares_certificates
        or access.who.mount_at(access.certificate_path) is not None
    ):
        return
    made = Step(f"{engine} makes them below {engine.certificates.directory}", engine.certificates.span)
    because = (made, Step("the client connects here", client.span))
    message = f"{access.who} looks for certificates in {access.certificate_path}, and nothing brings them there"
    yield Problem(client.encrypted, message, because, confidence=Confidence.MEDIUM)
