"""Device nodes of the host: which ones are memory or disks, and what a device cgroup rule opens."""

from __future__ import annotations

from dindguard.enumerations import StrEnum
from dindguard.model import paths
from dindguard.model.container import Device
from dindguard.model.values import Text

_DISKS = frozenset({3, 7, 8, 9, 22, *range(65, 72), *range(128, 136), 179, 202, 252, 253, 254, 259})
"""Block majors of IDE, loop, SCSI, RAID, MMC, Xen, virtio, device mapper and NVMe disks (kernel devices.txt)."""
_MEMORY = 1
"""The character major of ``/dev/mem``, ``/dev/kmem`` and ``/dev/port``; its other minors are harmless."""
_RAW_MINORS = frozenset({"1", "2", "4"})
_ALL_OF_DEV = frozenset({paths.HostPath.DEVICES, paths.HostPath.ROOT})


class RawAccess(StrEnum):
    """How much of the host a device opens; the value completes "gives …"."""

    EVERYTHING = "every device of the host"
    DISK = "a disk or the memory of the host"
    CHARACTER = "every character device of the host"
    NONE = "nothing raw"


def device_access(device: Device) -> RawAccess:
    """Return what a device, or a directory of devices, opens. The engine expands a directory to all below it."""
    found = paths.classify(paths.path_of(device.host_path))
    if found in _ALL_OF_DEV:
        return RawAccess.EVERYTHING
    return RawAccess.DISK if found is paths.HostPath.RAW_DEVICE else RawAccess.NONE


def rule_access(rule: Text) -> RawAccess:
    """Return what a device cgroup rule opens (``b 8:* rwm``, ``a``); MKNOD, which makes the node, is a default.

    A rule that only permits making nodes (``m``), or that the files do not decide, opens nothing.
    """
    kind, _, rest = (rule.value or "").strip().partition(" ")
    numbers, _, permissions = rest.strip().partition(" ")
    if kind not in ("a", "b", "c") or (permissions and not {"r", "w"} & set(permissions)):
        return RawAccess.NONE
    major, _, minor = numbers.partition(":")
    if kind == "a":
        return RawAccess.EVERYTHING if major in ("", "*") else RawAccess.NONE
    if kind == "b":
        disk = major == "*" or (major.isdecimal() and int(major) in _DISKS)
        return RawAccess.DISK if disk else RawAccess.NONE
    if major == "*":
        return RawAccess.CHARACTER
    raw = major == str(_MEMORY) and (minor in _RAW_MINORS or minor == "*")
    return RawAccess.DISK if raw else RawAccess.NONE
