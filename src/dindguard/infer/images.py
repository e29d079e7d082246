"""What a container takes from its image: the chain of Dockerfile stages it is built from, and the base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dindguard import budget
from dindguard.model.container import Container, ContainerKind, EnvVar, Words
from dindguard.model.engine_image import EngineImage
from dindguard.model.image import Image
from dindguard.model.workload import Workload


def stages_built_from(workloads: Sequence[Workload]) -> dict[Container, Container]:
    """Return the Dockerfile stage of each container that is built from one of the scan."""
    stages: dict[str, _Stages] = {}
    of: dict[Workload, _Stages] = {}
    for workload in workloads:
        if workload.containers and workload.containers[0].kind is ContainerKind.IMAGE:
            of[workload] = _Stages(workload)
            stages.setdefault(workload.path, of[workload])
    found = {}
    for workload in workloads:
        for container in workload.containers:
            if container.kind is ContainerKind.IMAGE and workload not in of:
                of[workload] = _Stages(workload)
            stage = _built_from(container, of.get(workload), stages)
            if stage is not None:
                found[container] = stage
    return found


class _Stages:
    """The stages of one Dockerfile by what others call them; of one name the first counts."""

    def __init__(self, workload: Workload) -> None:
        self._called: dict[str, Container] = {}
        self._named: dict[str, list[Container]] = {}
        self.last = workload.containers[-1]
        for stage in workload.containers:
            self._named.setdefault(stage.name, []).append(stage)
            for name in (stage.name, stage.address):
                self._called.setdefault(name, stage)

    def target(self, name: str | None) -> Container | None:
        """Return the stage that a build asks for."""
        return None if name is None else self._called.get(name)

    def base(self, of: Container) -> Container | None:
        """Return another stage that has the name of a stage's base."""
        same = self._named.get(of.base, ()) if of.base else ()
        return next((other for other in same if other is not of), None)


def discarded_stages(
    workloads: Sequence[Workload], built_from: Mapping[Container, Container]
) -> frozenset[Container]:
    """Return the build stages that are neither the last of their file nor built upon."""
    used = set(built_from.values())
    return frozenset(
        container
        for workload in workloads
        for container in workload.containers[:-1]
        if container.kind is ContainerKind.IMAGE and container not in used
    )


def _built_from(container: Container, own: _Stages | None, stages: Mapping[str, _Stages]) -> Container | None:
    if container.kind is ContainerKind.IMAGE:
        return None if own is None else own.base(container)
    if container.build is None or container.build.dockerfile is None:
        return None
    found = stages.get(container.build.dockerfile)
    target = container.build.target
    if found is None:
        return None
    return found.last if target is None else found.target(target.value)


def chain(container: Container) -> tuple[Container, ...]:
    """Return the container, the stage it is built from, that stage's base stage, and so on."""
    origin = container.origin
    if origin.further:
        budget.met(budget.IMAGE_CHAIN, container)
    return (container, *origin.stages)


def base_image(container: Container) -> Image | None:
    """Return the image at the end of the chain; ``None`` when it is built from something not in the scan."""
    origin = container.origin
    if origin.further:
        budget.met(budget.IMAGE_CHAIN, container)
    last = origin.stages[-1] if origin.stages else container
    if last.build is not None:
        return None  # built, but from a Dockerfile that was not read: its `image` is only a name
    return last.image


def engine_image(container: Container) -> EngineImage | None:
    """Return what is known of the engine in the container's image; ``None`` for other images."""
    image = base_image(container)
    return image.engine if image is not None else None


def image_known(container: Container) -> bool:
    """Whether the files tell what the container's image holds: a known engine's, or Docker's own base images."""
    image = base_image(container)
    if image is None or not image.reference.known:
        return False
    library = image.registry == "docker.io" and image.repository.removeprefix("library/") == image.name
    return library or (image.engine is not None and image.engine.official)


def has_variables(container: Container) -> bool:
    """Whether a container, or what it is made from, may set any variable."""
    origin = container.origin
    return len(container.environment) > 0 or bool(origin.stages or origin.beneath)


def variable(container: Container, name: str) -> EnvVar | None:
    """Return one variable of a container, or of the nearest stage or image made here beneath it that sets it."""
    if not (container.origin.stages or container.origin.beneath):
        return container.environment[name]
    found = (link.environment[name] for link in (*chain(container), *container.origin.beneath))
    return next((each for each in found if each is not None), None)


def entrypoint_and_command(container: Container) -> tuple[Words | None, Words | None]:
    """Return what is in force after overriding: an entry point written later clears the earlier command."""
    entrypoint: Words | None = None
    command: Words | None = None
    for link in reversed(chain(container)):
        if link.entrypoint is not None:
            entrypoint, command = link.entrypoint, None
        if link.command is not None:
            command = link.command
    return entrypoint, command


_SWITCHES = {"earthly/earthly": "NO_BUILDKIT"}
"""Variables that keep an image's engine from being started, if they are not empty (earthly ``earthly-entrypoint.sh``)."""


def keeps_engine_off(container: Container) -> bool:
    """Whether a container's variables say that its image starts no engine."""
    image = base_image(container)
    name = image.repository if image is not None else ""
    switch = next((variable for suffix, variable in _SWITCHES.items() if name.endswith(suffix)), "")
    return bool(switch and container.environment.value(switch))
