"""Files that an image takes from the tree: those that configure or start an engine are that image's, not a machine's."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from typing import TypeVar

from dindguard.formats import registry
from dindguard.model.container import Container, ContainerKind
from dindguard.model.launch import Configuration, ServiceFile
from dindguard.records import record, replace

File = TypeVar("File", Configuration, ServiceFile)


@record
class Copy:
    """What an image takes from the tree: ``source`` from its root (empty: all of it), and where it lies in the image."""

    source: str
    target: str
    container: Container


def owned_by_images(files: Sequence[File], containers: Iterable[Container]) -> list[File]:
    """Return files with the image that copies each to where its engine looks for it; the others as they are."""
    if all(each.container is not None for each in files):
        return list(files)
    copies = [copy for each in containers if each.kind is ContainerKind.IMAGE for copy in copies_of(each)]
    return [_owned(each, copies) if each.container is None else each for each in files]


def copies_of(container: Container) -> Iterable[Copy]:
    """Return what an image copies, seen from its Dockerfile's folder and, as builds may be started there, from the root."""
    folder = posixpath.dirname(container.span.path)
    for copied in container.copied:
        source, target = copied.source.value, copied.target.value
        if source is not None and target is not None and "://" not in source:
            for beside in dict.fromkeys((folder, "")):
                path = posixpath.normpath(posixpath.join(beside, source.lstrip("/")))
                yield Copy("" if path == "." else path, target.rstrip("/"), container)


def _owned(file: File, copies: Iterable[Copy]) -> File:
    path = file.span.path
    for copy in copies:
        below = f"/{path}" if not copy.source else path.removeprefix(copy.source)
        if below == path or not below.startswith("/"):
            continue
        place = f"{copy.target}{below}"
        if registry.configures_an_engine(place):
            return replace(file, container=copy.container)
    return file
