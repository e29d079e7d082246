"""A client checks the engine's certificate under a name that is not in it.

## Why it matters
The certificate that the official image makes is valid for `docker`, `localhost`, the container's host name and its
addresses. A service called `dind` is not among them: "x509: certificate is valid for …, docker, localhost, not dind".
The usual next step is to switch verification off.

## Instead
Give the engine the name it has a certificate for, or a certificate for the name it has:

```yaml
networks:
  default:
    aliases: [docker]
environment:
  DOCKER_TLS_SAN: DNS:dind
```

## When it is fine
With certificates of your own that name it.

## References
- https://hub.docker.com/_/docker
- docker-library/docker `dockerd-entrypoint.sh`
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
    reason,
    remedies,
    rule,
)


def fix(access: Access, _: Problem) -> Iterator[Edit]:
    """Have the certificate made for that name too."""
    if isinstance(access.to, Engine) and access.endpoint is not None:
        yield from remedies.named_in_certificate(access.to, access.endpoint.host)


@rule(
    "server-name-not-in-certificate",
    each=Access,
    severity=Severity.MEDIUM,
    category="daemon-api",
    since="0.1.0",
    asks=("to.certificates and endpoint.verified.on",),
    fixes=(Fixer("puts the name into the certificate (DOCKER_TLS_SAN)", fix),),
)
def check(access: Access) -> Iterator[Problem]:
    """Report verifying clients whose name for the engine its certificate lacks."""
    client, engine = access.endpoint, access.to
    if not isinstance(engine, Engine) or engine.certificates is None or client is None or not access.uses:
        return
    if client.verified is None or not client.verified.on or engine.certificates.covers(client.host):
        return
    made = Step("the engine makes a certificate without that name", engine.certificates.span)
    message = (
        f"{access.who} checks the engine's certificate for '{client.host}', and it is valid for docker and localhost"
    )
    instead = f"Set DOCKER_TLS_SAN: 'DNS:{client.host}' for the engine, or call it 'docker' (a network alias will do)"
    because = (made, reason("the name is checked here", client.verified))
    yield Problem(client, message, because, confidence=Confidence.MEDIUM, instead=instead)
