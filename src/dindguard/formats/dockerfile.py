"""Dockerfiles and Containerfiles: every build stage is a container that nobody has started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dindguard.documents.dockerfile import BuildFlag, Dockerfile, Instruction, Stage, Word
from dindguard.documents.dockerfile import read as read_dockerfile
from dindguard.documents.dockerfile_variables import Scope, Walk, expand
from dindguard.formats import Context, Document, Reading
from dindguard.formats.dockerfile_content import ContentReader
from dindguard.model.container import Build, Container, ContainerKind, Environment, EnvVar, HealthCheck, Words
from dindguard.model.image import Image
from dindguard.model.values import Text, written
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.source import Gravity, Notice, Span

_ENTITLEMENTS = {("security", "insecure"): "security.insecure", ("device", None): "device"}


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read Dockerfiles: one workload each, with one container for each stage, in order."""
    reading = Reading()
    for document in documents:
        dockerfile = read_dockerfile(document.source)
        reading.notices.extend(dockerfile.notices)
        _File(document, dockerfile, context, reading).read()
    return reading


class _StageContent:
    """What the instructions of one stage say, gathered one after another."""

    def __init__(self, stage: Stage, base: Text | None) -> None:
        self.stage = stage
        self.base = base
        self.environment: list[EnvVar] = []
        self.volumes: list[Text] = []
        self.ports: list[Text] = []
        self.entrypoint: Words | None = None
        self.command: Words | None = None
        self.user: Text | None = None
        self.health: HealthCheck | None = None

    def add(self, instruction: Instruction, scope: Scope) -> None:
        """Take in one instruction; of several CMD, ENTRYPOINT, USER and HEALTHCHECK, the last one counts."""
        match instruction.name:
            case "ENV":
                self.environment.extend(_variables(instruction, scope))
            case "VOLUME":
                self.volumes.extend(expand(word, scope) for word in instruction.words)
            case "EXPOSE":
                self.ports.extend(_split(expand(word, scope) for word in instruction.words))
            case "USER":
                self.user = expand(instruction.words[0], scope) if instruction.words else None
            case "ENTRYPOINT":
                self.entrypoint = _words(instruction)
            case "CMD":
                self.command = _words(instruction)
            case "HEALTHCHECK":
                disabled = instruction.kind == "NONE"
                command = None if disabled else _words(instruction)
                self.health = HealthCheck(instruction.span, command, disabled)


class _File:
    """Reads one Dockerfile into a workload."""

    def __init__(self, document: Document, dockerfile: Dockerfile, context: Context, reading: Reading) -> None:
        self._source = document.source
        self._dockerfile = dockerfile
        self._reading = reading
        self._context = context
        self._prefix = f"{document.owner.address}.dockerfile." if document.owner is not None else ""
        self._names: dict[str, int] = {}
        self._contents: list[_StageContent] = []
        self._followers: list[ContentReader] = []
        self._steps: list[Container] = []

    def read(self) -> None:
        """Fill the reading."""
        walk = Walk(self._dockerfile)
        embedding: list[tuple[Instruction, Scope]] = []
        for instruction, scope in walk:
            if instruction.stage < 0:
                continue
            if instruction.name == "FROM" and not instruction.onbuild:
                self._start(self._dockerfile.stages[instruction.stage], scope)
            else:
                self._followers[-1].add(instruction, scope)
                if not instruction.onbuild:
                    self._contents[-1].add(instruction, scope)
            self._steps.extend(self._step(instruction))
        if not walk.complete:
            self._notice_budget()
        self._finish()

    def _start(self, stage: Stage, scope: Scope) -> None:
        base = expand(stage.base, scope) if stage.base is not None else None
        self._contents.append(_StageContent(stage, base))
