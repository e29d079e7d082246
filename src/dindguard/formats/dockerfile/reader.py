"""Dockerfiles and Containerfiles: every build stage is a container that nobody has started.

A file becomes one workload with its stages in order, so that the last one is what a build makes by default.
What a stage runs *while it is built* (RUN) is embedded with the hint ``shell``; what it runs *later* (CMD and
ENTRYPOINT that start a shell or a client, scripts copied in) with a file name as hint. A RUN step that asks the
builder for more than an ordinary container gets is a container of its own, in a second workload.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dindguard import budget
from dindguard.documents.dockerfile.reader import Dockerfile
from dindguard.documents.dockerfile.reader import read as read_dockerfile
from dindguard.documents.dockerfile.variables import Walk, expand
from dindguard.formats import Context, Document, Reading
from dindguard.formats.dockerfile.contents import Contents
from dindguard.formats.dockerfile.imports import installations
from dindguard.formats.dockerfile.stage import StageReader
from dindguard.formats.dockerfile.steps import steps
from dindguard.model.container import Container
from dindguard.model.image import Image
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.source import Embedded


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read Dockerfiles, on their own or embedded (``dockerfile_inline``)."""
    reading = Reading()
    for document in documents:
        dockerfile = read_dockerfile(document.source)
        reading.notices.extend(dockerfile.notices)
        _read_file(document, dockerfile, context, reading)
    return reading


def _read_file(document: Document, dockerfile: Dockerfile, context: Context, reading: Reading) -> None:
    prefix = f"{document.owner.address}." if document.owner is not None else ""
    readers = _read_stages(document, dockerfile, context)
    if not readers:
        return
    containers: list[Container] = []
    images: dict[str, Image | None] = {}
    earlier: dict[str, StageReader] = {}
    for index, reader in enumerate(readers):
        images[reader.stage.name or str(index)] = images[str(index)] = reader.image
        container = reader.container(prefix, final=reader is readers[-1])
        containers.append(container)
        reading.embedded += [Embedded(source, container) for source in reader.contents.sources(container)]
        reading.invocations += installations(reader.contents.imports, container, images)
        reading.embedded += _brought(reader, container, earlier)
        earlier.update({name: reader for name in (str(index), reader.stage.name) if name})
    _add_workload(document, prefix + "build", containers, reading)
    special = [step for reader, one in zip(readers, containers, strict=True) for step in steps(reader.stage, one)]
    if special:
        _add_workload(document, prefix + "steps", special, reading)


def _brought(reader: StageReader, container: Container, earlier: Mapping[str, StageReader]) -> Iterator[Embedded]:
    """Yield the settings of an engine that a stage copies from an earlier one, by its name or number, which made them."""
    for found, path, hint in reader.contents.brought(container):
        origin = earlier.get(found.origin.pattern.lower())
        for source in origin.contents.written(path, hint) if origin is not None else ():
            yield Embedded(source, container)


def _read_stages(document: Document, dockerfile: Dockerfile, context: Context) -> list[StageReader]:
    readers: list[StageReader] = []
    names: dict[str, StageReader] = {}
    walk = Walk(dockerfile)
    most = budget.most_containers(document.source.file.size)
    for instruction, scope in walk:
        if instruction.stage < 0:
            continue
        if instruction.name == "FROM" and not instruction.onbuild:
            if len(readers) == most:
                budget.met(budget.DESCRIBED_CONTAINERS, instruction)
                break
            stage = dockerfile.stages[instruction.stage]
            base = expand(stage.base, scope) if stage.base is not None else None
            earlier = names.get((base.value or "").lower()) if base is not None else None
            reader = StageReader(stage, base, earlier, Contents(document.source, context))
            readers.append(reader)
            if stage.name:
                names[stage.name] = reader
        else:
            readers[-1].add(instruction, scope)
    return readers


def _add_workload(document: Document, address: str, containers: Sequence[Container], reading: Reading) -> None:
    reading.workloads.append(
        Workload(
            name=document.source.path,
            address=address,
            kind=WorkloadKind.IMAGE_BUILD,
            platform=Platform.NONE,
            span=containers[0].span,
            containers=tuple(containers),
        )
    )
