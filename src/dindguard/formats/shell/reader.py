"""Shell scripts, and the scripts inside other documents: the containers and engines that they start."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import memory
from dindguard.formats import Context, Document, Reading
from dindguard.model.container import Container
from dindguard.model.workload import Workload
from dindguard.records import replace
from dindguard.scripts.command import Commands
from dindguard.scripts.commands import commands, names_an_engine, programs
from dindguard.scripts.meaning import script_model
from dindguard.source import Source


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all scripts of one scan."""
    del context  # a script is read by itself
    reading = Reading()
    scripts, engines = _Scripts(), _Engines()
    for document in documents:
        found = scripts.commands(document.source)
        model = script_model(found, document.source, document.owner)
        if document.owner is not None and engines.beside(document.owner):
            reading.programs += [(document.owner, program) for program in scripts.programs(document.source)]
        reading.workloads += model.workloads
        reading.invocations += model.invocations
        reading.notices += model.notices
        reading.embedded += model.embedded
        reading.embedded += [replace(embedded, owner=document.owner) for embedded in found.embedded]
    return reading


class _Scripts:
    """What scripts run; one that several jobs are handed is read once."""

    def __init__(self) -> None:
        self._commands: dict[object, Commands] = {}
        self._programs: dict[object, frozenset[str]] = {}

    def commands(self, source: Source) -> Commands:
        """Return what a script runs."""
        if source.parent is None or not names_an_engine(source.text):
            return commands(source)
        key = memory.key_of(source)
        if key not in self._commands:
            self._commands[key] = commands(source)
        return self._commands[key]

    def programs(self, source: Source) -> frozenset[str]:
        """Return the base names of all programs that a script runs."""
        key = memory.key_of(source)
        if key not in self._programs:
            self._programs[key] = programs(source)
        return self._programs[key]


class _Engines:
    """Which containers of a workload run engines, by their images: looked at once for all of its jobs."""

    def __init__(self) -> None:
        self._running: dict[Workload, list[Container]] = {}

    def beside(self, owner: Container) -> bool:
        """Whether an engine is started beside a container, so that it matters whether its script needs one."""
        workload = owner.workload
        if workload not in self._running:
            self._running[workload] = [each for each in workload.containers if _runs_engine(each)]
        return any(each is not owner for each in self._running[workload])


def _runs_engine(container: Container) -> bool:
    image = container.image
    return image is not None and image.engine is not None and image.engine.runs_engine
