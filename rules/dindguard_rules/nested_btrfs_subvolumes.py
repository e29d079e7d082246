"""A nested engine keeps its layers in btrfs subvolumes.

## Why it matters
With the btrfs driver each layer is a subvolume inside the outer container's own. Docker has deleted nested ones
by itself since 2015, other tools have not: `btrfs subvolume delete` of the parent ends with "Directory not
empty", snapshots do not descend into them, and a killed engine leaves them behind. Backup and clean-up jobs on
the host then fill its disk.

## Instead
Use overlay2 on a volume, which works on btrfs as well: leave the driver out. To clean up, delete from the innermost
subvolume outwards, or `rm -rf` (a kernel since 4.18 lets it remove empty subvolumes).

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    volumes: ["dind-data:/var/lib/docker"]    # and no --storage-driver=btrfs
volumes:
  dind-data:
```

## When it is fine
When only the engines themselves ever remove what is there.

## References
- https://docs.docker.com/engine/storage/drivers/btrfs-driver/
- https://btrfs.readthedocs.io/en/latest/btrfs-subvolume.html
- moby `daemon/graphdriver/btrfs/btrfs.go`
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Profile,
    Severity,
    removal,
    rule,
)


@rule(
    "nested-btrfs-subvolumes",
    each=Engine,
    severity=Severity.INFO,
    category="storage-driver",
    since="0.1.0",
    profile=Profile.ALL,
    asks=("storage_driver",),
    fixes=(removal("removes the option, so that the engine chooses a driver", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report nested engines that were told to use btrfs."""
    driver = engine.storage_driver
    if engine.container is not None and driver is not None and driver.value == "btrfs":
        yield Problem(driver, f"{engine} nests btrfs subvolumes that other tools cannot remove")
