"""What the commands of one file say about the containers that it starts: built before, and waited for."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.model.container import Container, ContainerKind
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.source import Span
from dindguard.vocabulary import IMAGE_BUILDS


def link_scripts(containers: Iterable[Container], invocations: Iterable[Invocation]) -> None:
    """Give each container that a command line starts the earlier engine calls of its file.

    One whose image such a call has built and tagged knows that call.
    """
    calls: dict[str, list[Invocation]] = {}
    for invocation in invocations:
        if invocation.kind is InvocationKind.ENGINE_CALL:
            calls.setdefault(invocation.span.path, []).append(invocation)
    for container in containers:
        if container.kind is ContainerKind.COMMAND and container.span.path in calls:
            before = [call for call in calls[container.span.path] if _place(call.span) < _place(container.span)]
            container.conclude(commands_before=tuple(before), image_built_by=_built(container, before))


def _built(container: Container, before: list[Invocation]) -> Invocation | None:
    name = str(container.image) if container.image is not None else ""
    return next((call for call in reversed(before) if call.action in IMAGE_BUILDS and name in _tags(call)), None)


def _tags(call: Invocation) -> set[str]:
    return {tag.pattern for tag in call.options.get("tag", ())}


def _place(span: Span) -> tuple[int, int]:
    return span.line, span.column
