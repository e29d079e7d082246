"""A storage driver cannot work on what the data root lies on.

## Why it matters
`overlay2` needs a local file system with `d_type` and extended attributes: on NFS, CIFS, GlusterFS or a virtual
machine's shared folder the daemon does not start, or silently picks `vfs`. `btrfs` and `zfs` run on their
own file system only.

## Instead
Put the state on a local volume (a block device, the node's disk). To share images use a registry mirror, not a file system.

```yaml
volumes:
  dind-data: {driver: local}
```

## When it is fine
With a driver that copies (`vfs`, `native`) on purpose, for small images.

## References
- https://docs.docker.com/engine/storage/drivers/select-storage-driver/#supported-backing-filesystems
- https://docs.docker.com/engine/security/rootless/
"""

from collections.abc import Iterator

from dindguard.api import Backing, Engine, Problem, Severity, reason, rule, storage_drivers


@rule(
    "storage-driver-mismatch",
    each=Engine,
    severity=Severity.HIGH,
    category="storage-driver",
    since="0.1.0",
    asks=("data_mount",),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report drivers on file systems that they refuse, and network file systems under any copy-on-write driver."""
    mount = engine.data_mount
    if mount is None or mount.storage is None:
        return
    system = mount.storage.file_system
    network = engine.backing is Backing.NETWORK
    name = system.pattern if system is not None else "nfs" if network else ""
    driver = engine.storage_driver
    wanted = driver.pattern if driver is not None else "overlay2"
    if not name or storage_drivers.runs_on(wanted, name) is not False:
        return
    because = (
        reason("its file system", system),
        reason("the volume is declared here", mount.declared),
        reason("this driver is asked for", driver),
    )
    shown = f"'{driver}'" if driver is not None else "its copy-on-write driver"
    yield Problem(mount, f"{engine} keeps its state on {name}, where {shown} does not work", because)
