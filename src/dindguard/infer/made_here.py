"""Which Dockerfile of the scan makes an image that another file names: what it sets and whom it starts as holds there, too."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from dindguard import budget
from dindguard.model.container import Container, ContainerKind
from dindguard.model.image import Image
from dindguard.model.invocation import Invocation
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.model.workload import Workload
from dindguard.vocabulary import IMAGE_BUILDS


class MadeHere:
    """The images that services and build commands make of the scan's Dockerfiles, by their names.

    An image whose registry is a variable (``FROM ${REGISTRY}/base``) is also looked for by the folder of that name.
    """

    def __init__(self, workloads: Sequence[Workload], invocations: Iterable[Invocation]) -> None:
        self._files = {
            each.path: each.containers[-1]
            for each in workloads
            if each.containers and each.containers[-1].kind is ContainerKind.IMAGE
        }
        self._named: dict[str, Container] = {}
        for image, stage in (*self._of_services(workloads), *self._of_commands(invocations)):
            self._named.setdefault(_name(image), stage)
        self._folders: dict[str, Container | None] = {}
        for path, stage in self._files.items():
            folder = posixpath.basename(posixpath.dirname(path))
            self._folders[folder] = stage if folder not in self._folders else None

    def beneath(self, container: Container, followed: Sequence[Container]) -> tuple[Container, ...]:
        """Return the last stages of other Dockerfiles that a container's image is based on, the nearest first."""
        found: dict[Container, None] = {}
        own = {each.span.path for each in (container, *followed)}
        image = (followed[-1] if followed else container).image
        while image is not None and len(found) < budget.IMAGE_CHAIN.most:
            stage = self._stage(image)
            if stage is None or stage in found or stage.span.path in own:
                break
            found[stage] = None
            image = stage.image
        return tuple(found)

    def _stage(self, image: Image) -> Container | None:
        found = self._named.get(_name(image))
        if found is not None or image.reference.known:
            return found
        behind_a_registry = image.registry == UNKNOWN_PIECE and "/" not in image.repository
        return self._folders.get(image.name) if behind_a_registry and image.name else None

    def _of_services(self, workloads: Iterable[Workload]) -> Iterator[tuple[Image, Container]]:
        for workload in workloads:
            for each in workload.containers:
                stage = self._files.get(each.build.dockerfile or "") if each.build is not None else None
                if stage is not None and each.image is not None and each.build is not None and not each.build.target:
                    yield each.image, stage

    def _of_commands(self, invocations: Iterable[Invocation]) -> Iterator[tuple[Image, Container]]:
        for call in invocations:
            if call.action in IMAGE_BUILDS and len(call.arguments) == 1 and call.option("target") is None:
                stage = next((self._files[path] for path in _dockerfiles(call) if path in self._files), None)
                if stage is not None:
                    yield from ((Image.parse(tag), stage) for tag in call.options.get("tag", ()))


def _dockerfiles(call: Invocation) -> Iterator[str]:
    """Yield where the Dockerfile of a build may lie: below the folder of its script, or of the root."""
    context, file = call.arguments[0].value, call.option("file")
    if context is None or (file is not None and file.value is None):
        return
    for folder in dict.fromkeys((posixpath.dirname(call.span.path), "")):
        if file is not None and file.value is not None:
            yield posixpath.normpath(posixpath.join(folder, file.value))
        else:
            yield posixpath.normpath(posixpath.join(folder, context, "Dockerfile"))


def _name(image: Image) -> str:
    return f"{image.registry}/{image.repository}"
