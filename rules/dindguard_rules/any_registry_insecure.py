"""An engine trusts every registry without encryption.

## Why it matters
`0.0.0.0/0` among the insecure registries makes the engine accept any certificate and fall back to plain HTTP for every
registry with an IP address that matches: all of them. Anyone on the network path, or in control of DNS, can give it
another image and read the credentials that it sends.

## Instead
Give the engine the registry's certificate authority, and no exception:

```sh
install -D ca.crt /etc/docker/certs.d/registry.example.com:5000/ca.crt
```

## When it is fine
Never; for a registry on the same machine, name `localhost:5000` alone.

## References
- https://docs.docker.com/reference/cli/dockerd/#insecure-registries
- https://docs.docker.com/engine/security/certificates/
- CIS Docker Benchmark 2.5; CWE-295; CWE-319
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Severity,
    removal,
    rule,
    subnets,
)


@rule(
    "any-registry-insecure",
    each=Engine,
    severity=Severity.MEDIUM,
    category="operation",
    cwe=295,
    since="0.1.0",
    asks=("launch.settings", "configuration"),
    fixes=(removal("removes the range from the insecure registries", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report the exception for every address."""
    for setting in engine.settings("insecure-registry"):
        if subnets.everything(setting.value.pattern):
            message = f"{engine} accepts any certificate, and plain HTTP, from every registry ('{setting.value}')"
            yield Problem(setting, message)
