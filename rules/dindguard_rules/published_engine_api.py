"""An engine's TLS port is published.

## Why it matters
Client certificates guard the port, so this is not an open door. But it is exposed: one leaked client
key (they live in CI variables and volumes), or one hole in the daemon's TLS or HTTP/2 code, and whoever reaches
the host commands the engine.

## Instead
Remove the published port; clients on the same network need none. Where one is needed, bind it to one address:

```yaml
ports:
  - "127.0.0.1:2376:2376"
```

## When it is fine
For a build server that is meant to be used from elsewhere, behind a firewall that names its clients.

## References
- https://docs.docker.com/engine/security/protect-access/
- CIS Docker Benchmark 2.6
"""

from collections.abc import Iterator

from dindguard.api import (
    Edit,
    Engine,
    Fixer,
    Give,
    Port,
    Problem,
    Reach,
    Severity,
    rule,
)

SEVERITIES = {
    Reach.PUBLISHED: Severity.MEDIUM,
    Reach.HOST_NETWORK: Severity.MEDIUM,
}


def fix(_: Engine, problem: Problem) -> Iterator[Edit]:
    """Bind the published port to the loopback address."""
    if isinstance(problem.at, Port):
        yield Give(problem.at, "host_address", "127.0.0.1")


@rule(
    "published-engine-api",
    each=Engine,
    severity=Severity.MEDIUM,
    category="daemon-api",
    cwe=668,
    since="0.1.0",
    asks=(
        "exposures.reach is whoever reaches the host",
        "exposures.reach is whoever can connect to the host",
    ),
    fixes=(Fixer("publishes the port on the host's loopback address only", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report authenticated listeners that are reachable from outside."""
    for exposure in engine.exposures:
        asked = exposure.endpoint.authenticated
        if asked is not None and asked.on and exposure.reach in SEVERITIES and exposure.because:
            message = f"{engine} can be reached on port {exposure.endpoint.port} by {exposure.reach}"
            yield Problem(exposure.because[0], message, severity=SEVERITIES[exposure.reach])
