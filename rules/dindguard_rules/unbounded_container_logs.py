"""An engine keeps its containers' logs without any limit.

## Why it matters
Docker writes all that a container prints into a JSON file in its data root, and begins no new one until somebody says at which
size. One container that prints much fills the disk, and then nothing on it works: no build, no other container, not the
engine itself. Pruning removes images and ended containers, never the log of one that runs.

## Instead
Limit the logs in the engine's own settings:

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    command: [--log-opt=max-size=10m, --log-opt=max-file=3]    # Kubernetes: args
```
or in its `daemon.json`, or use the driver `local`, which keeps 100 MB of each container:

```json
{"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}
```
`max-file` alone limits nothing. `logging:` beside the nested engine's image limits what the engine itself prints, not what its
containers do. The settings count for containers that are made afterwards.

## When it is fine
When all that the engine starts lives for one job, or limits its own logs. Engines of CI jobs, beside runners, for builds only,
and those whose state ends with their pod are not reported.

## References
- https://docs.docker.com/engine/logging/drivers/json-file/
- https://docs.docker.com/engine/logging/drivers/local/
- moby `daemon/logger/jsonfilelog/jsonfilelog.go`; CWE-770
"""

from collections.abc import Iterator

from dindguard.api import (
    ContainerKind,
    Edit,
    Engine,
    EngineOptions,
    Fixer,
    MountKind,
    Problem,
    Profile,
    Role,
    Severity,
    only_builds,
    rule,
    unbounded_driver,
)

LASTING = (ContainerKind.SERVICE, ContainerKind.POD_MEMBER, ContainerKind.MANAGED)
LIMITS = (("max-size", "10m"), ("max-file", "3"))


def fix(engine: Engine, _: Problem) -> Iterator[Edit]:
    """Add the limits where the engine's other settings are."""
    named = [option.value.pattern.partition("=")[0] for option in engine.settings("log-opt")]
    missing = tuple((name, value) for name, value in LIMITS if name not in named)
    if engine.configuration is not None and engine.launch["log-opt"] is None:
        yield EngineOptions(engine.configuration, "log-opt", missing)
    elif engine.runs_in is not None and engine.launch.main_program:
        yield EngineOptions(engine.runs_in, "log-opt", missing)


@rule(
    "unbounded-container-logs",
    each=Engine,
    severity=Severity.LOW,
    category="operation",
    cwe=770,
    since="0.1.0",
    profile=Profile.ALL,
    asks=("launch.shown",),
    fixes=(Fixer("limits the logs of each container to 30 MB", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report engines that last and whose settings, shown in full, bound no logs."""
    written = unbounded_driver(engine) if _lasts(engine) else None
    if written is not None:
        yield Problem(written, f"{engine} keeps all that its containers print, without a limit")


def _lasts(engine: Engine) -> bool:
    """Whether an engine outlives jobs, and is not known to build images only, whose output is no container's log."""
    container = engine.container
    if container is None:
        return True
    if not container.started:
        return bool(engine.written_settings)  # whoever set nothing has left it to those who start the image
    workload = container.workload
    if workload.ends_with_its_containers or workload.for_tests is not None:
        return False
    users = [access.who for access in engine.clients if access.uses]
    if engine.beside_runner or any(each.role is Role.CI_RUNNER for each in users):
        return False  # a runner removes what its jobs started
    builds = [only_builds(user) for user in users]
    return container.kind in LASTING and not (builds and all(builds)) and not _ends_with_its_pod(engine)


def _ends_with_its_pod(engine: Engine) -> bool:
    """Whether an engine's state is a pod's own: its containers and their logs end with the pod."""
    if engine.container is None or engine.container.kind is not ContainerKind.POD_MEMBER:
        return False
    return engine.data_mount is None or engine.data_mount.kind not in (MountKind.CLAIM, MountKind.HOST)
