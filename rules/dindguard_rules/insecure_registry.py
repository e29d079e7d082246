"""An engine trusts a registry without encryption.

## Why it matters
The engine accepts any certificate from that registry, and plain HTTP. Anyone on the network path can replace the image
and read the credentials.

## Instead
Give the engine the registry's certificate authority:

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    volumes: ["./ca.crt:/etc/docker/certs.d/registry.example.com/ca.crt:ro"]
```

## When it is fine
For a registry that only this machine or pod can reach. Loopback addresses are not reported; since 29.10.0 they are
insecure by default only as long as the list is not set at all.

## References
- https://docs.docker.com/reference/cli/dockerd/#insecure-registries
- CIS Docker Benchmark 2.5; CWE-319
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Profile,
    Severity,
    removal,
    rule,
    subnets,
)


@rule(
    "insecure-registry",
    each=Engine,
    severity=Severity.LOW,
    category="operation",
    cwe=319,
    since="0.1.0",
    profile=Profile.ALL,
    fixes=(removal("removes the registry from the insecure ones", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report exceptions for single registries and networks beyond this machine."""
    for setting in engine.settings("insecure-registry"):
        name = setting.value.pattern
        if subnets.everything(name) or subnets.loopback(name):
            continue
        yield Problem(setting, f"{engine} accepts any certificate, and plain HTTP, from '{setting.value}'")
