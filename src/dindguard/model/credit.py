"""Why a container that runs or commands an engine is believed to have no way to the host: what is credited, in words."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.model.access import Access
from dindguard.model.container import Container, Sandbox
from dindguard.model.engine import Engine
from dindguard.source import Span

Credit = tuple[str, Span]


def credits_of(container: Container) -> tuple[Credit, ...]:
    """Return each reason and its place; nothing for a container with a way to the host, or far from engines."""
    if container.escape is not None or not (container.runs_containers or container.accesses or _sandboxed(container)):
        return ()
    return (*_own(container), *(credit for access in container.accesses for credit in _of_access(access)))


def _sandboxed(container: Container) -> bool:
    return container.sandbox is not Sandbox.NONE


def _name(sandbox: Sandbox) -> str:
    return str(sandbox) if sandbox is Sandbox.GVISOR else f"a {sandbox}"


def _own(container: Container) -> Iterator[Credit]:
    if _sandboxed(container):
        evidence = container.sandbox_evidence
        span = evidence.span if evidence is not None else container.span
        yield f"{_name(container.sandbox)} contains its privileges, though not its mounts and sockets", span
    elif container.runs_containers and container.rootless_engine.on:
        yield "it runs containers as an ordinary user", container.rootless_engine.span
    if container.runs_containers and container.privileged.off:
        yield "it is not privileged", container.privileged.span


def _of_access(access: Access) -> Iterator[Credit]:
    if access.proxy is not None and not access.permits.starts_containers:
        yield f"{access.proxy} lets it do no more than {access.permits}", access.proxy.span
    elif access.rootless:
        yield "the engine that it commands runs as an ordinary user", access.span
    elif not access.credentials:
        yield "it has no certificate for the engine, which asks for one", access.span
    elif isinstance(access.to, Engine) and access.to.container is not None:
        yield f"nothing leads on from {access.to.container} to the host", access.span
