"""Whether a container that commands an engine waits until the engine answers."""

from __future__ import annotations

from dindguard.model.container import Container
from dindguard.model.invocation import Invocation, InvocationKind

_ASKING = frozenset({"info", "version", "ps", "system info"})
_INSPECTING = frozenset({"inspect", "container inspect"})
_RETRYING = frozenset({"always", "unless-stopped", "on-failure", "Always", "OnFailure"})
_WAITING_VARIABLES = ("RUNNER_WAIT_FOR_DOCKER_IN_SECONDS", "DOCKER_WAIT_TIMEOUT")


def waits_for(client: Container, engine: Container) -> bool:
    """Whether ``client`` waits for ``engine``: a health check gates it, its script asks, or it is started again."""
    for dependency in client.depends_on:
        if dependency.name == engine.name and dependency.condition != "started":
            return True
    if engine.health is not None and engine.health.gates_start:
        return True
    if client.restart is not None and (client.restart.value or "").partition(":")[0] in _RETRYING:
        return True
    if any(name in client.environment for name in _WAITING_VARIABLES):
        return True
    calls = (each for each in client.invocations if each.kind is InvocationKind.ENGINE_CALL)
    if any(call.action in _ASKING for call in calls):
        return True
    return client.commands_before.any_since(engine.commands_before, _asks)


def _asks(call: Invocation) -> bool:
    """Whether a command between two starts asks after the first one: an engine's answer, or a container's health."""
    if call.action in _INSPECTING:
        return any("Health" in word.pattern or "State" in word.pattern for word in call.words)
    if call.action == "exec":
        return any(word.pattern in _ASKING for word in call.arguments)
    return call.action in _ASKING
