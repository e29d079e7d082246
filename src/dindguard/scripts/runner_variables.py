"""Runners that register themselves with what the variables of their container say.

GitLab's image and chart do so: ``RUNNER_EXECUTOR`` names the executor, and each of its settings is a variable
(gitlab-runner ``common/config.go``: ``KUBERNETES_PRIVILEGED``, ``DOCKER_PRIVILEGED``, ``DOCKER_VOLUMES`` …).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.model.container import Container, ContainerKind
from dindguard.model.image import Image
from dindguard.model.values import Text, flag, unset
from dindguard.model.workload import Platform, Workload, WorkloadKind

_PREFIXES = {
    "kubernetes": "KUBERNETES_",
    "docker": "DOCKER_",
    "docker+machine": "DOCKER_",
    "docker-autoscaler": "DOCKER_",
}
"""Executors that start containers, and how their variables begin."""


def runners(containers: Iterable[Container]) -> Iterator[Workload]:
    """Yield the runner that each container registers, if its variables say which executor it has."""
    for container in containers:
        executor = container.environment["RUNNER_EXECUTOR"]
        prefix = _PREFIXES.get((executor.value.value or "") if executor is not None else "")
        if executor is not None and prefix is not None:
            yield _runner(container, prefix, executor.value)


def _runner(container: Container, prefix: str, executor: Text) -> Workload:
    from dindguard.scripts.engine_cli.mounts import Volumes  # with them comes the shell's grammar
    from dindguard.scripts.engine_cli.specs import items

    address = f"{container.address}.runner"
    volumes = Volumes(f"{container.span.path}#{address}")
    privileged, image = container.environment[f"{prefix}PRIVILEGED"], container.environment[f"{prefix}IMAGE"]
    mounted = container.environment["DOCKER_VOLUMES"] if prefix == "DOCKER_" else None
    default = Container(
        name=container.name,
        address=f"{address}.job",
        kind=ContainerKind.RUNNER_DEFAULT,
        span=executor.span,
        image=Image.parse(image.value) if image is not None and image.value.pattern else None,
        conditions=container.conditions,
        mounts=tuple(volumes.volume(each, address) for each in items(mounted.value)) if mounted is not None else (),
        privileged=flag(privileged.value, "privileged")
        if privileged is not None
        else unset(executor.span, "privileged"),
    )
    return Workload(
        name=container.name,
        address=address,
        kind=WorkloadKind.RUNNER,
        platform=Platform.GITLAB,
        span=executor.span,
        containers=(default,),
        storages=volumes.storages,
    )
