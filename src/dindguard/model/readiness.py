"""Whether a container that commands an engine waits until the engine answers."""

from __future__ import annotations

from dindguard.model.container import Container, ContainerKind
from dindguard.model.invocation import Invocation, InvocationKind

_ASKING = frozenset({"info", "version", "ps", "system info"})
_INSPECTING = frozenset({"inspect", "container inspect"})
_RETRYING = frozenset({"always", "unless-stopped", "on-failure", "Always", "OnFailure"})
_IDLING = frozenset({"cat", "sleep", "tail"})
_WAITING_PROGRAMS = frozenset({"sleep", "wait-for", "wait-for-it", "wait-for-it.sh", "wait4x", "dockerize"})
_WAITING_VARIABLES = ("RUNNER_WAIT_FOR_DOCKER_IN_SECONDS", "DOCKER_WAIT_TIMEOUT")


def waits_for(client: Container, engine: Container) -> bool:
    """Whether ``client`` waits for ``engine``: a health check gates it, its script asks or sleeps, or it is started again.

    What idles until somebody runs commands in it, and a step after one that used the engine, need not wait.
    """
    if _idles(client) or _comes_later(client, engine):
        return True
    if client.kind in _SCRIPTED and client.programs is not None and client.programs & _WAITING_PROGRAMS:
        return True
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


_SCRIPTED = (ContainerKind.JOB, ContainerKind.STEP)


def _idles(client: Container) -> bool:
    """Whether a container's program does nothing: its commands come from elsewhere, as an agent's do."""
    words = client.entrypoint or client.command or ()
    first = next((word.pattern for word in words), "")
    return client.kind not in _SCRIPTED and first.rpartition("/")[2] in _IDLING


def _comes_later(client: Container, engine: Container) -> bool:
    """Whether an earlier step of the same job has used the engine."""
    for other in client.workload.containers if client.kind is ContainerKind.STEP else ():
        if other is client:
            return False
        if other.kind is ContainerKind.STEP and any(
            each.uses and each.to in engine.engines for each in other.accesses
        ):
            return True
    return False


def _asks(call: Invocation) -> bool:
    """Whether a command between two starts asks after the first one: an engine's answer, or a container's health."""
    if call.action in _INSPECTING:
        return any("Health" in word.pattern or "State" in word.pattern for word in call.words)
    if call.action == "exec":
        return any(word.pattern in _ASKING for word in call.arguments)
    return call.action in _ASKING
