"""What the commands of one file say about the containers that it starts: built before, and waited for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from dindguard.model.container import Container, ContainerKind
from dindguard.model.earlier_calls import EarlierCalls, FileCalls
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.source import Span
from dindguard.vocabulary import IMAGE_BUILDS

Place = tuple[int, int]


class CallsByFile:
    """The engine calls of each file in the order of their places, and the builds among them by their tags."""

    def __init__(self, invocations: Iterable[Invocation]) -> None:
        found: dict[str, list[Invocation]] = {}
        for invocation in invocations:
            if invocation.kind is InvocationKind.ENGINE_CALL:
                found.setdefault(invocation.span.path, []).append(invocation)
        self._calls: dict[str, FileCalls] = {}
        self._places: dict[str, list[Place]] = {}
        self._builds: dict[tuple[str, str], list[tuple[Place, Invocation]]] = {}
        for path, calls in found.items():
            calls.sort(key=lambda call: _place(call.span))
            self._calls[path] = FileCalls(calls)
            self._places[path] = [_place(call.span) for call in calls]
            for call in calls:
                for tag in _tags(call) if call.action in IMAGE_BUILDS else ():
                    self._builds.setdefault((path, tag), []).append((_place(call.span), call))

    def before(self, container: Container) -> EarlierCalls:
        """Return the earlier calls of its file, for a container that a command line starts."""
        path = container.span.path
        if container.kind is not ContainerKind.COMMAND or path not in self._calls:
            return EarlierCalls()
        return EarlierCalls(self._calls[path], bisect_left(self._places[path], _place(container.span)))

    def image_built_by(self, container: Container) -> Invocation | None:
        """Return the last earlier call that built the container's image and gave it this name."""
        if container.kind is not ContainerKind.COMMAND or container.image is None:
            return None
        builds = self._builds.get((container.span.path, str(container.image)), [])
        index = bisect_left(builds, _place(container.span), key=lambda build: build[0])
        return builds[index - 1][1] if index else None


def _tags(call: Invocation) -> set[str]:
    return {tag.pattern for tag in call.options.get("tag", ())}


def _place(span: Span) -> Place:
    return span.line, span.column
