"""A client uses TLS without verifying the engine's certificate.

## Why it matters
`DOCKER_CERT_PATH` without `DOCKER_TLS_VERIFY` makes Docker's client use TLS with `InsecureSkipVerify`: whoever
answers at that address gets the commands, the build context and the registry credentials.

## Instead
Set `DOCKER_TLS_VERIFY=1` beside it. Any non-empty value turns it on, `0` and `false` included.

```yaml
services:
  job:
    image: docker:29.10.0-cli
    environment:
      DOCKER_HOST: tcp://docker:2376
      DOCKER_TLS_VERIFY: "1"
      DOCKER_CERT_PATH: /certs/client
```

## When it is fine
Never; the certificates are there already.

## References
- https://docs.docker.com/engine/security/protect-access/
- CWE-295; moby `client/client_options.go`
"""

from collections.abc import Iterator

from dindguard.api import (
    Access,
    Edit,
    Fixer,
    Problem,
    Severity,
    Step,
    Variable,
    rule,
)


def fix(access: Access, _: Problem) -> Iterator[Edit]:
    """Switch the check on."""
    yield Variable(access.who, "DOCKER_TLS_VERIFY", "1")


@rule(
    "tls-without-verification",
    each=Access,
    severity=Severity.MEDIUM,
    category="daemon-api",
    cwe=295,
    since="0.1.0",
    asks=("uses and endpoint.encrypted.on and endpoint.verified.off",),
    fixes=(Fixer("lets the client check the engine's certificate", fix),),
)
def check(access: Access) -> Iterator[Problem]:
    """Report clients that have certificates and verification off."""
    client = access.endpoint
    if (
        client is None
        or client.scheme != "tcp"
        or client.encrypted is None
        or client.verified is None
        or not access.uses
    ):
        return
    if client.encrypted.on and client.verified.off:
        message = f"{access.who} connects with TLS to {client} and does not check the server's certificate"
        because = (Step("the address it trusts unseen", client.span),)
        yield Problem(client.encrypted, message, because)
