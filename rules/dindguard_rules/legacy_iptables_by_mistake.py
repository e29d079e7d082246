"""A setting that looks like "no" turns legacy iptables on.

## Why it matters
The official entry point only asks whether `DOCKER_IPTABLES_LEGACY` is *empty*: `0`, `false` and `no` select the legacy
back end like any other text, where the host uses nftables. The two sets of rules do not see each other; ports and NAT
then work by luck.

## Instead
Leave the variable out (the entry point tests what works), or set it to nothing:

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    environment: {DOCKER_IPTABLES_LEGACY: ""}
```

## When it is fine
Where legacy iptables is wanted; write `1` then, so that readers are not misled.

## References
- https://github.com/docker-library/docker/blob/master/dockerd-entrypoint.sh
- https://hub.docker.com/_/docker
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Severity,
    removal,
    rule,
)

LOOKS_LIKE_NO = ("0", "false", "no", "off", "disabled")


@rule(
    "legacy-iptables-by-mistake",
    each=Engine,
    severity=Severity.LOW,
    category="operation",
    since="0.1.0",
    asks=(
        "launch.wrapper and container.environment",
        "launch.wrapper and container.built_from",
    ),
    fixes=(removal("removes the variable, which switches to legacy iptables whatever its value", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report values that say no and mean yes."""
    variable = engine.variable("DOCKER_IPTABLES_LEGACY")
    if engine.launch.wrapper and variable is not None and (variable.value.value or "").lower() in LOOKS_LIKE_NO:
        message = f"{engine} uses legacy iptables, because '{variable.value}' is not empty"
        yield Problem(variable.value, message)
