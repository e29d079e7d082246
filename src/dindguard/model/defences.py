"""What keeps a container from its host besides capabilities, and which of it is switched off.

The facts: docs/engine-facts.md, "Capabilities".
"""

from __future__ import annotations

from dindguard.model import paths
from dindguard.model.container import Container
from dindguard.model.devices import RawAccess, device_access, rule_access
from dindguard.model.mount import Mount
from dindguard.source import Step

_KERNEL = "kernel files of the host are mounted writable"


def switched_off(container: Container) -> tuple[Step, ...]:
    """Return every defence that is known to be off, in words and with its place; privileged mode is not counted.

    Together with SYS_ADMIN, any one of them makes the container as good as privileged (measured: SYS_ADMIN and
    NET_ADMIN with seccomp off, masked paths off and a writable cgroup tree run a complete nested engine).
    """
    confinement = container.confinement
    texts = (
        ("the seccomp filter is off", confinement.seccomp_off),
        ("AppArmor is off", confinement.apparmor_off),
        ("SELinux is off", confinement.selinux_off),
        ("the masked paths of /proc and /sys are open", confinement.masks_off),
    )
    found = [Step(what, text.span) for what, text in texts if text is not None and text.known]
    found.extend(Step(_KERNEL, mount.span) for mount in container.mounts if writes_kernel_files(mount))
    found.extend(
        Step(f"it gives {access}", device.span)
        for device in container.devices
        if (access := device_access(device)) is not RawAccess.NONE
    )
    found.extend(
        Step(f"it gives {access}", rule.span)
        for rule in container.device_rules
        if (access := rule_access(rule)) in (RawAccess.EVERYTHING, RawAccess.DISK)
    )
    return tuple(found)


def writes_kernel_files(mount: Mount) -> bool:
    """Whether the mount gives the host's ``/proc``, ``/sys`` or a part that controls the kernel, writable."""
    path = mount.host_path
    return path is not None and paths.classify(path) is paths.HostPath.KERNEL_CONTROL and mount.read_only.off
