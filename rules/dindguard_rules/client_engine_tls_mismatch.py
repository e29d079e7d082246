"""Client and engine disagree about TLS or the port.

## Why it matters
The engine listens on 2376 and wants TLS, the client connects to 2375 in plain text, or the other way round. It fails at
the first command: "Cannot connect to the Docker daemon", "Client sent an HTTP request to an HTTPS server", "first
record does not look like a TLS handshake". The usual next step, switching TLS off on the engine, makes it work and
opens it to everybody.

## Instead
Give the client the engine's port, `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH`, and the volume that the engine writes the
certificates to:

```yaml
environment:
  DOCKER_HOST: tcp://docker:2376
  DOCKER_TLS_VERIFY: "1"
  DOCKER_CERT_PATH: /certs/client
volumes:
  - certs-client:/certs/client:ro
```

A CI job gets that volume from its runner's configuration (`volumes = ["/certs/client", "/cache"]`).

## When it is fine
When something between the two speaks the other's language, such as a TLS-terminating proxy.

## References
- https://docs.docker.com/engine/security/protect-access/
- https://docs.gitlab.com/ci/docker/using_docker_build/#use-docker-in-docker
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
    Undecided,
    rule,
)


def fix(access: Access, _: Problem) -> Iterator[Edit]:
    """Bring the client to where the engine listens with TLS."""
    from dindguard.api import remedies

    engine = access.to
    if (
        isinstance(engine, Engine)
        and any(each.port == 2376 for each in engine.listens)
        and engine.certificates is not None
    ):
        yield from remedies.client_with_tls(access)
        yield from remedies.shared_certificates(engine, access)
        if access.endpoint is not None:
            yield from remedies.named_in_certificate(engine, access.endpoint.host)


@rule(
    "client-engine-tls-mismatch",
    each=Access,
    severity=Severity.MEDIUM,
    category="daemon-api",
    since="0.1.0",
    asks=("uses and endpoint.scheme is tcp",),
    fixes=(Fixer("lets the client use TLS on port 2376", fix),),
)
def check(access: Access) -> Iterator[Problem | Undecided]:
    """Compare a client's address and TLS variables with what the engine listens on."""
    client = access.endpoint
    if not isinstance(access.to, Engine) or not access.uses or client is None or client.scheme != "tcp":
        return
    listeners = [each for each in access.to.listens if each.scheme == "tcp" and each.port is not None]
    if access.port is None or not access.to.launch.certain:
        return
    same_port = next((each for each in listeners if each.port == access.port), None)
    if same_port is None and (somewhere := _of_unknown_port(access.to)):
        yield Undecided(client, somewhere)
        return
    if same_port is None:
        because = tuple(Step(f"it listens on {each}", each.span) for each in listeners)
        where = f"on port {listeners[0].port}" if listeners else "on no port at all"
        yield Problem(
            client, f"{access.who} connects to port {access.port}, and {access.to} listens {where}", because
        )
        return
    wants, speaks = same_port.encrypted, client.encrypted
    if wants is None or speaks is None or wants.unknown or speaks.unknown or wants.on == speaks.on:
        return
    client_side = "uses TLS" if speaks.on else "speaks plain text"
    engine_side = "wants TLS" if wants.on else "does not"
    confidence = Confidence.HIGH if speaks.set else Confidence.MEDIUM
    message = f"{access.who} {client_side} on port {client.port}, and {access.to} {engine_side}"
    told = Step(f"the client {client_side} because of this", speaks.span) if speaks.set else None
    reasons = (told, Step(f"{access.to} listens here", wants.span))
    yield Problem(client, message, reasons, confidence=confidence)


def _of_unknown_port(engine: Engine) -> str:
    """Return the variable that decides on which port an engine listens; ``""`` where the files tell every port."""
    unknown = next((each for each in engine.listens if each.scheme == "tcp" and each.port is None), None)
    if unknown is None:
        return ""
    if unknown.text is not None and unknown.text.unknown:
        return unknown.text.variable
    return unknown.encrypted.variable if unknown.encrypted is not None else ""
