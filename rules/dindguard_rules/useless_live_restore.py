"""A nested engine has live-restore on, which cannot work there.

## Why it matters
`live-restore` lets containers run on while dockerd restarts. Inside a container they cannot: when the engine is its main
program, all of them end with it. The setting only brings its restrictions along (no Swarm, stale state at the next start).

## Instead
Leave it out of the nested engine's settings.

```json
{"live-restore": false}
```

## When it is fine
In a system container in which dockerd is one service among several.

## References
- https://docs.docker.com/engine/daemon/live-restore/
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Profile,
    Severity,
    removal,
    rule,
)


@rule(
    "useless-live-restore",
    each=Engine,
    severity=Severity.LOW,
    category="operation",
    since="0.1.0",
    profile=Profile.ALL,
    asks=("launch.settings", "configuration"),
    fixes=(removal("removes the option"),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report the setting where dockerd is the container's main program."""
    if not engine.launch.main_program:
        return
    for setting in engine.settings("live-restore"):
        if setting.value.value == "true":
            yield Problem(setting, f"{engine} cannot keep its containers alive: they end with its own container")
