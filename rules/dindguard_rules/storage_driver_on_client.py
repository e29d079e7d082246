"""A storage driver is set where no engine reads it, or where it turns a newer store off.

## Why it matters
`DOCKER_DRIVER` is read by the daemon. On a client it does nothing. On an engine 29 or later `overlay2` switches
the containerd image store off, which is the default there, and turns a fall-back into a failed start.

## Instead
Remove the variable; every engine of the last years picks the right driver by itself.

## When it is fine
When an image store of an older engine has to be kept.

## References
- https://docs.docker.com/engine/storage/containerd/
- https://docs.docker.com/engine/storage/drivers/select-storage-driver/
"""

from collections.abc import Iterator

from dindguard.api import Container, Problem, Profile, Role, Severity, rule, storage_drivers


@rule(
    "storage-driver-on-client",
    each=Container,
    severity=Severity.LOW,
    category="storage-driver",
    since="0.1.0",
    profile=Profile.ALL,
    asks=("environment",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report ``DOCKER_DRIVER`` on clients that have no engine beside them, and graph drivers on new engines."""
    variable = container.environment["DOCKER_DRIVER"]
    if variable is None or not variable.value.value:
        return
    engine = container.engine
    if engine is not None:
        if (
            engine.version is not None
            and engine.version >= (29,)
            and variable.value.value in storage_drivers.GRAPH_DRIVERS
        ):
            yield Problem(variable, f"{engine} leaves its containerd image store for '{variable.value}'")
    elif container.role is Role.ENGINE_CLIENT and not any(each.engine for each in container.workload.containers):
        yield Problem(variable, f"{container} sets a storage driver, and only an engine reads it")
