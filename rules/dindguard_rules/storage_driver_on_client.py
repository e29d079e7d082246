"""A storage driver is set where no engine reads it.

## Why it matters
`DOCKER_DRIVER` is read by the engine. On a client without one it does nothing, and whoever reads it believes that the
driver is chosen here.

## Instead
Remove the variable; every engine of the last years picks the right driver by itself.

```yaml
build:
  image: docker:29.10.0-cli
  services: [docker:29.10.0-dind]    # no DOCKER_DRIVER in variables
```

## When it is fine
Beside an engine that gets the same variables, as the services of a CI job do; that is not reported.

## References
- https://docs.docker.com/engine/storage/containerd/
- https://docs.docker.com/engine/storage/drivers/select-storage-driver/
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Profile,
    Role,
    Severity,
    removal,
    rule,
)


@rule(
    "storage-driver-on-client",
    each=Container,
    severity=Severity.LOW,
    category="storage-driver",
    since="0.1.0",
    profile=Profile.ALL,
    asks=("environment",),
    fixes=(removal("removes the variable"),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report ``DOCKER_DRIVER`` on clients that have no engine beside them."""
    variable = container.environment["DOCKER_DRIVER"]
    if variable is None or not variable.value.value:
        return
    if container.engine is not None:
        return
    if container.role is Role.ENGINE_CLIENT and not any(each.engine for each in container.workload.containers):
        yield Problem(variable, f"{container} sets a storage driver, and only an engine reads it")
