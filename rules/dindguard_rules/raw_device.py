"""A container has the host's disks or memory as devices.

## Why it matters
Root in a container that may open a block device writes the host's file system past the kernel: `debugfs -w` needs
no mount and no capability. `/dev/mem` is the memory. A directory of devices (`/dev`) gives all below it. A device
cgroup rule is as good as a device: `MKNOD` is a default capability, so `b *:* rwm` lets the container make the node
of any disk itself. A *bind mount* of `/dev` shows the nodes; the device cgroup still refuses the disks, but not the
host's terminals (`/dev/pts`) and its `/dev/shm`.

## Exploit
`debugfs -w /dev/sda1 -R 'write key /root/.ssh/authorized_keys'`

## Instead
Name the one device that the program needs:

```yaml
services:
  app:
    image: example/app:1
    devices:
      - /dev/ttyUSB0
    device_cgroup_rules: ["c 189:* rmw"]     # USB devices that come and go
```
In Kubernetes a device plugin hands single devices out.

## When it is fine
A tool for disks (SMART monitoring, partitioning) on a machine of its own: allow it with the reason; `:r` suffices
to read, and is one level less grave. So is one in a container that starts as an ordinary user without the disk's group.
`/dev/fuse`, `/dev/net/tun`, `/dev/kvm` and `/dev/dri` are not reported.

## References
- https://docs.docker.com/reference/cli/docker/container/run/#device
- https://docs.kernel.org/admin-guide/devices.html
- CIS Docker Benchmark 1.6, 5.18; MITRE ATT&CK T1611
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    RawAccess,
    Sandbox,
    Severity,
    Undecided,
    device_access,
    paths,
    reason,
    removal,
    rule,
    rule_access,
)


@rule(
    "raw-device",
    each=Container,
    severity=Severity.CRITICAL,
    category="privilege",
    cwe=250,
    since="0.1.0",
    contained_by={Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    asks=("devices", "device_rules", "host_mounts"),
    fixes=(removal("removes the device", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report devices, device rules and mounts that reach the host's disks or memory."""
    if container.unrestricted:
        return
    for device in container.devices:
        if device.host_path.unknown:
            yield Undecided(device.host_path, device.host_path.variable)
        access = device_access(device)
        if access is not RawAccess.NONE:
            severity = Severity.CRITICAL if device.writable else Severity.HIGH
            message = f"{container} holds {access}: {device.host_path}"
            if container.ordinary_user and not container.groups:  # the node is root's and its group's (0660)
                severity, message = severity.lowered(1), f"{message}, if its mode lets an ordinary user in"
            yield Problem(device, message, severity=severity)
    for text in container.device_rules:
        if text.unknown:
            yield Undecided(text, text.variable)
        elif (access := rule_access(text)) is not RawAccess.NONE:
            severity = Severity.MEDIUM if access is RawAccess.CHARACTER else Severity.HIGH
            yield Problem(text, f"{container} may make and open {access}", severity=severity)
    for mount in container.mounts:
        path = mount.host_path
        if path is not None and paths.classify(path) is paths.HostPath.DEVICES:
            apart = container.workload.platform.keeps_shared_memory and container.namespaces.host("ipc") is None
            too = "terminals" if apart else "terminals and shared memory"
            part = container.workload.node_part
            its_work = part is not None and part.works_with(path)
            message = f"{container} sees all of the host's {path}, its {too} too"
            message += f", as part of its node's {part.what}" if part is not None and its_work else ""
            yield Problem(
                mount.host_text or mount,
                message,
                because=(reason("the volume is the host's directory", mount.declared),),
                severity=Severity.MEDIUM if its_work else Severity.HIGH,
            )
