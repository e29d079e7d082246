"""What brings a container to its node, and what an admission level refuses."""

from __future__ import annotations

from dindguard.model.container import Container, Sandbox
from dindguard.model.engine import Machine
from dindguard.model.mount import Mount, MountKind
from dindguard.model.values import Flag, Text


def leads_to_host(container: Container) -> Flag | Mount | None:
    """Return what makes a container root where it runs: privilege without a sandbox, or its engine's socket."""
    if container.privileged.on and container.sandbox is Sandbox.NONE:
        return container.privileged
    sockets = (
        access.via
        for access in container.accesses
        if isinstance(access.to, Machine) and isinstance(access.via, Mount) and not access.rootless
    )
    return next(sockets, None)


def beyond_baseline(container: Container) -> Flag | Mount | Text | None:
    """Return what the Pod Security Standards' level *baseline* refuses, if the container has it."""
    if container.privileged.on:
        return container.privileged
    mount = next((mount for mount in container.mounts if mount.kind is MountKind.HOST), None)
    if mount is not None:
        return mount
    shared = (container.namespaces.host(name) for name in ("pid", "network", "ipc"))
    return next((text for text in shared if text is not None and text.written), None)
