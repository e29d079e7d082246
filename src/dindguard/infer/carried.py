"""What images take along from the tree: projects and scripts that run in their containers, and not on the machine."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence

from dindguard.infer.copied import copies_of
from dindguard.model.container import Container, ContainerKind
from dindguard.model.engine import Engine
from dindguard.model.workload import Workload, WorkloadKind


class Carriers:
    """Answers which image a file is copied into.

    An image that takes all of its folder along takes what starts it as well: only what is copied by name counts.
    """

    def __init__(self, containers: Iterable[Container]) -> None:
        self._images: dict[str, Container] = {}
        for image in containers:
            if image.kind is ContainerKind.IMAGE and image.copied and not image.discarded:
                for copy in copies_of(image):
                    if copy.source and copy.source != posixpath.dirname(image.span.path):
                        self._images.setdefault(copy.source, image)

    def of(self, path: str) -> Container | None:
        """Return the first image that a file, or a folder above it, is copied into."""
        while path and path not in self._images:
            path = posixpath.dirname(path)
        return self._images.get(path)


def carried_projects(workloads: Sequence[Workload], containers: Iterable[Container]) -> Mapping[Workload, Engine]:
    """Return the engine of the image that each project's file is copied into; it starts the project.

    A project of which a service is built from that image starts the image.
    """
    carriers = Carriers(each for each in containers if each.engine is not None)
    found: dict[Workload, Engine] = {}
    for workload in workloads:
        image = carriers.of(workload.path) if workload.kind is WorkloadKind.PROJECT else None
        if image is not None and image.engine is not None and not _starts(workload, image):
            found[workload] = image.engine
    return found


def _starts(project: Workload, image: Container) -> bool:
    return any(image in service.origin.stages for service in project.containers)
