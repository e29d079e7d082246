"""Containers on the engine's default network reach each other's ports.

## Why it matters
Whoever is started without a network of its own lands on the bridge that all others without one are on, and by default
each reaches every port of every other there: a job gets to the engine, the registry or the database of another job by
its address, published or not. User-defined networks keep strangers apart, and names work in them as well.

## Instead
Give what belongs together a network, and close the default one:

```json
{
  "icc": false
}
```

## When it is fine
On a machine whose containers all belong to one application.

## References
- https://docs.docker.com/engine/network/drivers/bridge/#use-the-default-bridge-network
- CIS Docker Benchmark 2.2 (network traffic is restricted between containers on the default bridge); CWE-923
"""

from collections.abc import Iterator, Sequence

from dindguard.api import Container, ContainerKind, Model, Problem, Profile, Severity, rule


@rule(
    "open-default-bridge",
    each=Model,
    severity=Severity.LOW,
    category="operation",
    cwe=923,
    since="0.1.0",
    profile=Profile.ALL,
    asks=("engines", "containers"),
)
def check(model: Model) -> Iterator[Problem]:
    """Report machines that were told so, and running ones whose default bridge holds several containers."""
    there = [each for each in model.containers if _on_the_default_bridge(each)]
    for engine in model.machine_engines:
        setting = engine.setting("icc")
        if setting is None or setting.value.pattern != "true":
            continue
        if engine.reported_version is None:
            message = f"the containers on the default bridge of {engine} reach each other's ports"
            yield Problem(setting, message, subject=engine)
        elif len(there) > 1:
            yield Problem(setting, f"{_named(there)} reach each other's ports on the default bridge", subject=engine)


def _on_the_default_bridge(container: Container) -> bool:
    running = container.kind is ContainerKind.LIVE and not container.stopped
    return running and any(network.value == "bridge" for network in container.networks)


def _named(containers: Sequence[Container]) -> str:
    names = [str(each) for each in containers]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
