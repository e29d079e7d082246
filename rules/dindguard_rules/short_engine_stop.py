"""A nested engine gets too little time to stop.

## Why it matters
dockerd stops its own containers first (10 seconds each by default, 15 in all) and then writes its databases. Killed
before that, it leaves mounts, half-written layers and, on btrfs, subvolumes behind.

## Instead
Give the engine half a minute to stop its containers and close its databases:

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    stop_grace_period: 30s    # Kubernetes: terminationGracePeriodSeconds: 30, its default
```

## When it is fine
When the data root is thrown away with the container.

## References
- https://docs.docker.com/reference/compose-file/services/#stop_grace_period
- https://docs.docker.com/reference/cli/dockerd/
"""

from collections.abc import Iterator

from dindguard.api import (
    Edit,
    Engine,
    Fixer,
    Give,
    Problem,
    Profile,
    Severity,
    durations,
    rule,
)


def fix(engine: Engine, _: Problem) -> Iterator[Edit]:
    """Give it the time that containers of its own need to end."""
    if engine.container is not None:
        yield Give(engine.container, "stop_grace_period", 60)


@rule(
    "short-engine-stop",
    each=Engine,
    severity=Severity.LOW,
    category="operation",
    since="0.1.0",
    profile=Profile.ALL,
    asks=("container.stop_grace_period",),
    fixes=(Fixer("gives the engine a minute to stop", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report less than ten seconds for an engine to stop."""
    grace = engine.runs_in.stop_grace_period if engine.runs_in is not None else None
    seconds = durations.seconds(grace.value) if grace is not None and grace.value is not None else None
    if grace is not None and seconds is not None and seconds < 10:
        yield Problem(grace, f"{engine} is killed {seconds:g} seconds after it is asked to stop")
