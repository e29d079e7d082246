"""What contains a container.

The facts: docs/engine-facts.md, "Sandboxes".
"""

from __future__ import annotations

from dindguard.model.container import Container, Sandbox
from dindguard.model.policy import Fact, Policy
from dindguard.model.values import Flag, Text

_VM_SUFFIXES = ("-qemu", "-clh", "-fc", "-firecracker", "-dragonball")


def sandbox_of(container: Container, policy: Policy) -> tuple[Sandbox, Text | Flag | None, Fact | None]:
    """Return what contains a container, the setting that says so, and what the organisation says of that."""
    found, evidence = _by_settings(container, policy)
    fact = policy.runtime_classes.get(evidence.pattern) if isinstance(evidence, Text) else None
    if found is not Sandbox.NONE:
        return found, evidence, fact
    for label in runner_labels(container):
        fact = policy.runners.get(label.pattern)
        if fact is not None and fact.sandbox is not Sandbox.NONE:
            return fact.sandbox, label, fact
    return Sandbox.NONE, None, None


def runner_labels(container: Container) -> tuple[Text, ...]:
    """Return the labels by which the runner of a container's job is chosen."""
    runs_in = container.workload.runs_in
    return container.workload.runner_labels or (runs_in.workload.runner_labels if runs_in is not None else ())


def _by_settings(container: Container, policy: Policy) -> tuple[Sandbox, Text | Flag | None]:
    runtime = container.runtime
    if runtime is not None and runtime.pattern in policy.runtime_classes:
        return policy.runtime_classes[runtime.pattern].sandbox, runtime
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
