"""Several engines keep their state in one place.

## Why it matters
An engine's data root belongs to one daemon. Two that share the whole of it: the second waits for the first's
database lock and gives up after some 15 seconds. Two that share only `image/` or `overlay2/` find no lock at all:
both run, each deletes layers that the other still uses, and after a restart images and containers are gone
(measured). Network file systems, where locks do not hold, end the same way.

## Instead
Give each engine its own volume, and share what should be shared by other means: a pull-through registry
(`--registry-mirror`), a build cache in a registry (`--cache-to type=registry`), or one engine for all clients.

```yaml
services:
  dind-a: {volumes: [a-data:/var/lib/docker]}
  dind-b: {volumes: [b-data:/var/lib/docker]}
```

## When it is fine
One after the other: services in profiles that are never started together, or one that waits for the other's end
(`condition: service_completed_successfully`).

## References
- https://docs.docker.com/reference/cli/dockerd/#run-multiple-daemons
- https://jpetazzo.github.io/2015/09/03/do-not-use-docker-in-docker-for-ci/
- https://github.com/moby/moby/issues/31600
"""

from collections.abc import Iterator

from dindguard.api import Confidence, ContainerKind, Problem, Severity, Step, Storage, paths, rule

BESIDE_ANOTHER = "Give each engine directories of its own (--data-root, --exec-root), a --pidfile and a --bridge"


@rule("shared-data-root", each=Storage, severity=Severity.CRITICAL, category="data-root", since="0.1.0")
def check(storage: Storage) -> Iterator[Problem]:
    """Report storages that hold the state of two engines that may run at once."""
    engines = [(container, mount) for container, mount in storage.users if container.keeps_state_in(mount)]
    if not engines:
        yield from _of_runners(storage)
        yield from _of_one_owner(storage)
    for index, (container, mount) in enumerate(engines):
        sharing = [(other, theirs) for other, theirs in engines[:index] if other.runs_beside(container)]
        if not sharing:
            continue
        parts = container.engine is not None and mount in container.engine.partial_mounts
        what = "parts of their state, which nothing locks" if parts else "their state"
        names = ", ".join(str(other) for other, _ in sharing)
        because = tuple(Step(f"and here by {other}", theirs.span) for other, theirs in sharing)
        severity = Severity.CRITICAL if parts else Severity.HIGH
        yield Problem(mount, f"{container} and {names} keep {what} in {storage.label}", because, severity)


def _of_runners(storage: Storage) -> Iterator[Problem]:
    """Report what a runner gives to all its jobs as an engine's data root; whoever runs an engine there shares it."""
    for container, mount in storage.users:
        several = container.several_at_once
        default = container.kind is ContainerKind.RUNNER_DEFAULT and not storage.per_replica
        if default and several is not None and mount.target.value in paths.DATA_ROOTS:
            message = (
                f"every engine that jobs of {container} start keeps its state in {storage.label}, several at once"
            )
            because = (Step("so many jobs run at once", several.span),)
            yield Problem(mount, message, because, Severity.HIGH, Confidence.MEDIUM)


def _of_one_owner(storage: Storage) -> Iterator[Problem]:
    """Report engines that one machine or container starts side by side on one directory."""
    for engine in storage.engines[1:]:
        first = storage.engines[0]
        whose = "one machine" if engine.container is None else str(engine.container)
        message = f"two engines of {whose} keep their state in {storage.name}"
        because = (Step("the other one is started here", first.span),)
        yield Problem(engine, message, because, Severity.HIGH, subject=engine, instead=BESIDE_ANOTHER)
