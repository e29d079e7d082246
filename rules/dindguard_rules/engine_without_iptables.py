"""A nested engine makes no iptables rules, so its containers have no network.

## Why it matters
Without them nothing translates addresses: inner containers reach neither the registry nor each other's published ports,
and a build fails at its first download. Isolation between networks is gone as well.

## Instead
Leave `--iptables` on; the entry point of the official image finds the right back end.

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    command: ["--mtu=1400"]    # and no --iptables=false
```

## When it is fine
In gVisor, which needs it off, and for builds that use the host's network only.

## References
- https://docs.docker.com/engine/network/packet-filtering-firewalls/
- https://gvisor.dev/docs/tutorials/docker-in-gvisor/
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Profile,
    Sandbox,
    Severity,
    removal,
    rule,
)


@rule(
    "engine-without-iptables",
    each=Engine,
    severity=Severity.LOW,
    category="operation",
    since="0.1.0",
    profile=Profile.ALL,
    asks=("launch.settings", "configuration"),
    fixes=(removal("removes the option, so that the engine filters packets", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report the switch outside of gVisor."""
    if engine.container is None or engine.container.sandbox is Sandbox.GVISOR:
        return
    for setting in engine.settings("iptables"):
        if setting.value.value == "false":
            yield Problem(setting, f"{engine} makes no iptables rules: its containers reach nothing outside")
