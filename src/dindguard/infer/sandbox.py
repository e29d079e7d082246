"""What contains a container."""

from __future__ import annotations

from dindguard.model.container import Container, Sandbox
from dindguard.model.values import Flag, Text

_VM_SUFFIXES = ("-qemu", "-clh", "-fc", "-firecracker", "-dragonball")


def sandbox_of(container: Container) -> tuple[Sandbox, Text | Flag | None]:
    """Return what contains a container, and the setting that says so."""
    runtime = container.runtime
    if runtime is not None and runtime.known:
        found = runtime_sandbox(runtime.pattern)
        if found is not Sandbox.NONE:
            return found, runtime
    own = container.user_namespace
    if own is not None and own.on:
        return Sandbox.USER_NAMESPACE, own
    return Sandbox.NONE, None


def runtime_sandbox(runtime: str) -> Sandbox:
    """Return what a runtime's name promises: Sysbox, gVisor and Kata by the names their projects install."""
    name = runtime.lower().rpartition("/")[2]
    if name.startswith("sysbox"):
        return Sandbox.USER_NAMESPACE
    if name == "gvisor" or name.startswith(("runsc", "io.containerd.runsc")):
        return Sandbox.GVISOR
    if name.startswith(("kata", "io.containerd.kata")) or name.endswith(_VM_SUFFIXES):
        return Sandbox.VM
    return Sandbox.NONE
