"""One build stage, read into a container."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.documents.dockerfile.reader import Instruction, Stage
from dindguard.documents.dockerfile.variables import Scope, expand
from dindguard.formats.dockerfile.contents import Contents
from dindguard.model.container import Container, ContainerKind, Copied, Environment, EnvVar, HealthCheck, Words
from dindguard.model.image import Image
from dindguard.model.values import Text, written
from dindguard.patterns import regex
from dindguard.scripts.grants import become_root
from dindguard.source import Span

_WORD = regex(r"\S+")
_BETWEEN = regex(r"&&|;")


class StageReader:
    """Takes in a stage's instructions, and gives the container that they describe.

    ``base`` is the image reference of FROM, ``earlier`` the stage of this file that it names instead.
    """

    def __init__(self, stage: Stage, base: Text | None, earlier: StageReader | None, contents: Contents) -> None:
        self.stage = stage
        self.contents = contents
        self.image: Image | None = Image.parse(base) if base is not None else None
        """The image that it is based on in the end, through however many stages."""
        self._earlier = earlier
        self._environment: list[EnvVar] = []
        self._volumes: list[Text] = []
        self._ports: list[Text] = []
        self._copied: list[Copied] = []
        self._entrypoint: Words | None = None
        self._command: Words | None = None
        self._user: Text | None = None
        self._grants: list[str] = []
        self._health: HealthCheck | None = None
        if earlier is not None:
            self.image = earlier.image
            contents.continue_from(earlier.contents, stage)

    def add(self, instruction: Instruction, scope: Scope) -> None:
        """Take in one instruction; of several CMD, ENTRYPOINT, USER and HEALTHCHECK, the last one counts."""
        self.contents.add(instruction, scope)
        if instruction.onbuild:
            return
        words = instruction.words
        match instruction.name:
            case "ENV":
                self._environment.extend(_variables(instruction, scope))
            case "VOLUME":
                self._volumes.extend(expand(word, scope) for word in words)
            case "COPY" | "ADD" if instruction.flag("from") is None and len(words) > 1:
                target = expand(words[-1], scope)
                self._copied.extend(Copied(expand(word, scope), target) for word in words[:-1])
            case "EXPOSE":
                self._ports.extend(_split(expand(word, scope) for word in words))
            case "RUN" if "sudo" in instruction.arguments.text or "NOPASSWD" in instruction.arguments.text:
                self._grants.append(instruction.arguments.text)
            case "USER" if words:
                self._user = expand(words[0], scope)
            case "ENTRYPOINT":
                self._entrypoint = _command(instruction)
            case "CMD":
                self._command = _command(instruction)
            case "HEALTHCHECK":
                disabled = instruction.kind == "NONE"
                check = None if disabled else _command(instruction)
                self._health = HealthCheck(instruction.span, check, disabled)

    def container(self, prefix: str, *, final: bool) -> Container:
        """Return the stage's container. ``prefix`` starts its address; ``final`` tells that no stage follows."""
        stage = self.stage
        return Container(
            name=stage.name or "",
            address=f"{prefix}stages.{stage.name or ('final' if final else stage.index)}",
            kind=ContainerKind.IMAGE,
            span=self._name_span(),
            image=self.image if self._earlier is None else None,
            base="" if self._earlier is None else self._earlier.stage.name or "",
            environment=Environment(self._environment),
            exposed_ports=tuple(self._ports),
            declared_volumes=tuple(self._volumes),
            copied=tuple(self._copied),
            entrypoint=self._entrypoint,
            command=self._command,
            user=self._user,
            sudoers=self._sudoers(),
            health=self._health,
        )

    def _sudoers(self) -> frozenset[str]:
        base = self.image.repository if self.image is not None and self._earlier is None else ""
        commands = (_BETWEEN.sub("\n", text) for text in self._grants)
        return become_root(base, "\n".join(commands)) if self._grants or base else frozenset()

    def _name_span(self) -> Span:
        words = self.stage.instructions[0].words
        if self.stage.name:
            return words[2].span
        return words[0].span if words else self.stage.span


def _variables(instruction: Instruction, scope: Scope) -> Iterator[EnvVar]:
    arguments = instruction.arguments
    for pair in instruction.pairs():
        name = expand(pair.name, scope).value
        if name and pair.value is not None:
            end = pair.value.start + len(pair.value.text)
            yield EnvVar(name, expand(pair.value, scope), arguments.span(pair.name.start, end))


def _split(texts: Iterable[Text]) -> Iterator[Text]:
    """Split at white space that a variable brought in (``EXPOSE $PORTS``)."""
    for text in texts:
        for match in _WORD.finditer(text.pattern):
            yield text if match[0] == text.pattern else text.part(match.start(), match.end())


def _command(instruction: Instruction) -> Words:
    arguments = instruction.arguments
    span = arguments.span(0, len(arguments.text))
    if instruction.form == "exec":
        return Words(tuple(written(word.text, word.span) for word in instruction.words), span)
    text = (written(arguments.text, span),) if arguments.text else ()
    return Words(text, span, shell=bool(text))
