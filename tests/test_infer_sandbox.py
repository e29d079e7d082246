"""What a runtime's name promises, by the names that its project installs."""

from __future__ import annotations

import pytest

from dindguard.infer.sandbox import runtime_sandbox
from dindguard.model.container import Sandbox

NAMES = {
    Sandbox.USER_NAMESPACE: "sysbox sysbox-runc Sysbox-Runc /usr/bin/sysbox-runc",
    Sandbox.GVISOR: "gvisor gVisor runsc runsc-kvm io.containerd.runsc.v1 /usr/local/bin/runsc",
    Sandbox.VM: "kata kata-qemu kata-runtime kata-fc kata-clh io.containerd.kata.v2 io.containerd.kata-qemu.v2 my-qemu my-clh "
    "my-fc my-firecracker my-dragonball",
    Sandbox.NONE: "runc crun youki nvidia io.containerd.runc.v2 my-runsc my-kata my-gvisor qemu fc gvisor2 not-sysbox",
}


@pytest.mark.parametrize(
    ("name", "sandbox"), [(name, kind) for kind, names in NAMES.items() for name in names.split()]
)
def test_what_a_runtime_promises(name: str, sandbox: Sandbox) -> None:
    assert runtime_sandbox(name) is sandbox
