"""What the commands of one file say about the containers that it starts: built before, and waited for."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.model.container import Container, ContainerKind
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.source import Span
from dindguard.vocabulary import IMAGE_BUILDS

Calls = tuple[Invocation, ...]


def calls_before(containers: Iterable[Container], invocations: Iterable[Invocation]) -> dict[Container, Calls]:
    """Return the earlier engine calls of its file for each container that a command line starts."""
    calls: dict[str, list[Invocation]] = {}
    for invocation in invocations:
        if invocation.kind is InvocationKind.ENGINE_CALL:
            calls.setdefault(invocation.span.path, []).append(invocation)
    return {
        container: tuple(call for call in calls[container.span.path] if _place(call.span) < _place(container.span))
        for container in containers
        if container.kind is ContainerKind.COMMAND and container.span.path in calls
    }


def image_built_by(container: Container, before: Calls) -> Invocation | None:
    """Return the last call that built the container's image and gave it this name."""
    name = str(container.image) if container.image is not None else ""
    return next((call for call in reversed(before) if call.action in IMAGE_BUILDS and name in _tags(call)), None)


def _tags(call: Invocation) -> set[str]:
    return {tag.pattern for tag in call.options.get("tag", ())}


def _place(span: Span) -> tuple[int, int]:
    return span.line, span.column
