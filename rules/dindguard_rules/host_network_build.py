"""An image is built in the network of the builder's machine.

## Why it matters
Steps of the build can talk to everything on the machine's loopback (databases, agents, an engine's API on
127.0.0.1) and to the cloud's metadata service. It usually hides a DNS or MTU problem of the bridge.

## Instead
Fix the engine's DNS or MTU (`dns`, `mtu` in `daemon.json`), or name the one host: `--add-host`.

```json
{"dns": ["192.0.2.53"], "mtu": 1400}
```

## When it is fine
On a builder that exists for one job.

## References
- https://docs.docker.com/reference/cli/docker/buildx/build/#network
- https://docs.docker.com/reference/dockerfile/#run---network
"""

from collections.abc import Iterator

from dindguard.api import (
    BuildGrant,
    Power,
    Problem,
    Profile,
    Severity,
    removal,
    rule,
)


@rule(
    "host-network-build",
    each=BuildGrant,
    severity=Severity.LOW,
    category="build",
    since="0.1.0",
    profile=Profile.ALL,
    fixes=(removal("removes the host's network from the build", unsafe=True),),
)
def check(grant: BuildGrant) -> Iterator[Problem]:
    """Report builds, and single steps, in the host's network."""
    if grant.power is Power.HOST_NETWORK and not grant.entitlement:
        yield Problem(grant.at, f"{grant.who} is built in the network of the builder's machine")
