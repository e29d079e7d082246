"""How many copies of a service a command asks Compose for: ``docker compose up --scale runner=3``."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from dindguard.model.container import Container, ContainerKind
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.values import Text
from dindguard.patterns import decimal

_ACTIONS = frozenset({"compose up", "compose create", "compose scale"})


def scaled_services(containers: Iterable[Container], invocations: Iterable[Invocation]) -> Mapping[Container, Text]:
    """Return the services that a script beside their file, or one that names it, starts more than one of."""
    asked: dict[str, list[tuple[Invocation, Text]]] = {}
    for call in invocations:
        if call.kind is InvocationKind.ENGINE_CALL and call.action in _ACTIONS and not call.remote:
            for text in (*call.options.get("scale", ()), *(call.arguments if call.action == "compose scale" else ())):
                name, equals, count = text.pattern.partition("=")
                if equals and (decimal(count) or 0) > 1:
                    asked.setdefault(name, []).append((call, text))
    return {
        container: text
        for container in (containers if asked else ())
        if container.kind is ContainerKind.SERVICE
        for call, text in asked.get(container.name, ())
        if _starts(call, container.workload.address)
    }


def _starts(call: Invocation, project: str) -> bool:
    """Whether a call is for a project: it names its file, or names none and stands in its folder."""
    folder, file = posixpath.split(project)
    named = [text.pattern for text in call.options.get("file", ())]
    if named:
        return any(posixpath.basename(name) == file for name in named)
    return posixpath.dirname(call.span.path) == folder
