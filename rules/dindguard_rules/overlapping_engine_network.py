"""A nested engine's network overlaps the one that its own container is on.

## Why it matters
The inner bridge gets a route for its addresses. Where they are also the outer network's, packets for the neighbours and
for the gateway go to the bridge and end there: the registry, the DNS server or the database cannot be reached, from the
engine's container or from those inside.

## Instead
Take addresses that nobody uses, for the bridge and for the networks that users create:

```json
{"bip": "10.200.0.1/24", "default-address-pools": [{"base": "10.201.0.0/16", "size": 24}]}
```

## When it is fine
With a container that has no other network at all.

## References
- https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
- https://docs.docker.com/engine/network/drivers/bridge/
"""

from collections.abc import Iterator

from dindguard.api import Engine, Problem, Severity, Step, rule, subnets


@rule(
    "overlapping-engine-network",
    each=Engine,
    severity=Severity.MEDIUM,
    category="operation",
    since="0.1.0",
    formats="the other formats declare no subnets around an engine",
    asks=("address_ranges",),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report explicit address ranges of an engine that meet a declared subnet of its own container."""
    if engine.container is None:
        return
    for setting in engine.address_ranges:
        for network in engine.container.attached_networks:
            for subnet in network.subnets:
                if subnets.overlap(setting.value.pattern, subnet.pattern):
                    message = f"{engine} gives its containers addresses of the network it is on itself ({subnet})"
                    yield Problem(setting, message, because=(Step("the outer network", subnet.span),))
