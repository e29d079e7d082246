"""An engine takes its images from a mirror without encryption.

## Why it matters
A mirror is asked before Docker Hub, for every image that is named without a registry. Over plain HTTP anyone on the
network path can answer in its place: a tag leads to whatever they like, and only images that are pinned by digest are
checked.

## Instead
Give the mirror a certificate, from an authority that the engine knows:

```json
{"registry-mirrors": ["https://mirror.example.com"]}
```

A private authority's certificate belongs in `/etc/docker/certs.d/mirror.example.com/ca.crt`.

## When it is fine
On `localhost`, as a neighbour by a short name (`http://mirror:5000`), or on a network that only the build machines
are on.

## References
- https://docs.docker.com/docker-hub/image-library/mirror/
- https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
"""

from collections.abc import Iterator

from dindguard.api import Engine, Problem, Severity, rule, subnets


@rule(
    "plain-registry-mirror",
    each=Engine,
    severity=Severity.LOW,
    category="operation",
    cwe=319,
    since="0.1.0",
    asks=("launch.settings", "configuration"),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report mirrors over plain HTTP beyond this machine."""
    for setting in engine.settings("registry-mirror"):
        scheme, _, rest = setting.value.pattern.partition("://")
        host = rest.partition("/")[0]
        beside_it = engine.container is not None and "." not in host  # a name of its own network
        if scheme == "http" and not subnets.loopback(host) and not beside_it:
            yield Problem(setting, f"{engine} pulls images through the mirror '{setting.value}' over plain HTTP")
