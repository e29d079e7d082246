"""RUN steps that ask the builder for more than an ordinary container gets."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.dockerfile.reader import BuildFlag, Instruction, Stage
from dindguard.model.container import Build, Container, ContainerKind
from dindguard.model.values import Text


def steps(stage: Stage, container: Container) -> Iterator[Container]:
    """Yield a container for each RUN of a stage with ``--security=insecure``, ``--network=host`` or ``--device``.

    Its ``build`` says what it takes, in BuildKit's words for entitlements: ``security.insecure``, ``device``;
    ``network`` is ``host``.
    """
    count = 0
    for instruction in stage.instructions:
        if instruction.name != "RUN":
            continue
        entitlements = tuple(text for flag in instruction.flags if (text := _entitlement(flag)) is not None)
        network = _network(instruction)
        if entitlements or network is not None:
            count += 1
            yield Container(
                name="RUN",
                address=f"{container.address}.run" + (f"-{count}" if count > 1 else ""),
                kind=ContainerKind.STEP,
                span=instruction.name_span,
                build=Build(span=instruction.span, entitlements=entitlements, network=network),
            )


def _entitlement(flag: BuildFlag) -> Text | None:
    if flag.name == "security" and flag.value == "insecure":
        return _text("security.insecure", flag)
    return _text("device", flag) if flag.name == "device" and flag.value else None


def _network(instruction: Instruction) -> Text | None:
    flag = instruction.flag("network")
    return _text("host", flag) if flag is not None and flag.value == "host" else None


def _text(value: str, flag: BuildFlag) -> Text:
    return Text(value, flag.span, raw=f"--{flag.name}={flag.value}")
