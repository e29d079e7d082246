"""Shell scripts, and the scripts inside other documents: the containers and engines that they start."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.formats import Context, Document, Reading
from dindguard.model.container import Container
from dindguard.records import replace
from dindguard.scripts.commands import commands, programs
from dindguard.scripts.meaning import script_model


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all scripts of one scan."""
    del context  # a script is read by itself
    reading = Reading()
    for document in documents:
        found = commands(document.source)
        model = script_model(found, document.source, document.owner)
        if document.owner is not None and _beside_an_engine(document.owner):
            reading.programs += [(document.owner, program) for program in programs(document.source)]
        reading.workloads += model.workloads
        reading.invocations += model.invocations
        reading.notices += model.notices
        reading.embedded += model.embedded
        reading.embedded += [replace(embedded, owner=document.owner) for embedded in found.embedded]
    return reading


def _beside_an_engine(owner: Container) -> bool:
    """Whether an engine is started beside the container, so that it matters whether its script needs one."""
    images = [each.image for each in owner.workload.containers if each is not owner]
    return any(image is not None and image.engine is not None and image.engine.runs_engine for image in images)
