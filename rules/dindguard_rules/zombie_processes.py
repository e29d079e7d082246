"""An engine is process 1 of its container and leaves zombies behind.

## Why it matters
containerd's shims and the processes of inner containers lose their parents all the time; process 1 has to collect them.
An init does; dockerd does not. The entry point of the official image starts one since 20.10.8; a custom entry point
loses it, and a long-lived engine fills the process table.

## Instead
Start an init before the engine: `init: true` in Compose, `docker run --init`, or `ENTRYPOINT ["tini", "--", "dockerd"]`.

```yaml
services:
  ci:
    image: example/ci-with-docker:1
    init: true
```

## When it is fine
For an engine that lives for one job.

## References
- https://docs.docker.com/reference/cli/docker/container/run/#init
- docker-library/docker, commit 8baa881
"""

from collections.abc import Iterator

from dindguard.api import (
    ContainerKind,
    Edit,
    Engine,
    Fixer,
    Give,
    Problem,
    Profile,
    Severity,
    rule,
)


def fix(engine: Engine, _: Problem) -> Iterator[Edit]:
    """Let the outer engine start an init."""
    if engine.container is not None:
        yield Give(engine.container, "init", True)


@rule(
    "zombie-processes",
    each=Engine,
    severity=Severity.LOW,
    category="operation",
    since="0.1.0",
    profile=Profile.ALL,
    fixes=(Fixer("gives the container an init process", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report engines that are process 1, as far as the files tell."""
    container = engine.container
    if container is None or container.kind is ContainerKind.JOB_SERVICE or container.init.on:
        return
    if engine.launch.wrapper and not container.started:
        return  # the official image's own way: whoever starts it gives it an init
    if engine.launch.init is False:
        yield Problem(engine.launch, f"{engine} is process 1 of its container and reaps no zombie processes")
