"""A client commands a host's engine over unencrypted, unauthenticated TCP.

## Why it matters
An engine that answers plain TCP asks for no password: every process that can reach that port is root on
the engine's host. A client that is told to use it proves that the port is open. `host.docker.internal` and the
bridge's gateway are this very host.

## Instead
Use the engine's TLS port with client certificates
(`DOCKER_HOST=tcp://host:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=…`), or SSH (`DOCKER_HOST=ssh://user@host`), and close
the plain port.

```yaml
services:
  job:
    image: docker:29.10.0-cli
    environment: {DOCKER_HOST: "tcp://engine.example.com:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: /certs/client}
```

## When it is fine
Never outside a network that only the client and the engine share.

## References
- https://docs.docker.com/engine/security/protect-access/
- CIS Docker Benchmark 2.6; CWE-319
"""

from collections.abc import Iterator

from dindguard.api import Access, Confidence, Container, Machine, Problem, Severity, Step, Undecided, rule


@rule(
    "plaintext-engine-client",
    each=Container,
    severity=Severity.CRITICAL,
    category="daemon-api",
    cwe=319,
    since="0.1.0",
    asks=("accesses", "unknown_engines"),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report clients of engines outside the model that use plain TCP."""
    for address in container.unknown_engines:
        yield Undecided(address, address.variable)
    for access in container.accesses:
        yield from _of(access)


def _of(access: Access) -> Iterator[Problem]:
    endpoint = access.endpoint
    if not isinstance(access.to, Machine) or access.proxy is not None or endpoint is None or endpoint.scheme != "tcp":
        return
    if endpoint.encrypted is None or not endpoint.encrypted.off:
        return
    if endpoint.port == 2376:
        message = (
            f"{access.who} speaks plain text to {endpoint}, the port for TLS: it fails, or that engine has no TLS"
        )
        yield Problem(endpoint, message, severity=Severity.MEDIUM, confidence=Confidence.MEDIUM, subject=access)
        return
    if not access.to.shown:
        message = f"{access.who} commands the engine behind {endpoint} in plain text, as anyone there can"
        yield Problem(endpoint, message, severity=Severity.MEDIUM, confidence=Confidence.MEDIUM, subject=access)
        return
    severity = Severity.CRITICAL if access.to.own else Severity.HIGH
    message = f"{access.who} commands the engine of {access.to} at {endpoint} in plain text, as anyone else there can"
    because = (
        (Step("no TLS: nobody is asked who they are", endpoint.encrypted.span),) if endpoint.encrypted.set else ()
    )
    yield Problem(endpoint, message, severity=severity, because=because, subject=access)
