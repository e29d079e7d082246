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


_IN_SANDBOX = {
    Sandbox.VM: "root in its virtual machine",
    Sandbox.GVISOR: "root in gVisor",
    Sandbox.USER_NAMESPACE: "root of its user namespace, with the host's devices before it",
}


def root_outside(container: Container) -> str:
    """Return what root in a privileged container is outside it, in words: ``root on the host``."""
    if container.user_of_host:
        return "the user who starts it, with all that user's rights"
    if container.sandbox is not Sandbox.NONE:
        return _IN_SANDBOX[container.sandbox]
    if container.rootless_host is not None and container.rootless_host.unknown:
        return "root on the host if root starts it"
    return "root on the host" if container.host is None else f"root in {container.host}"
