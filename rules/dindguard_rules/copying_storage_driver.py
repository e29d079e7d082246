"""A storage driver is chosen that copies every layer in full.

## Why it matters
`vfs` (and containerd's `native`) has no copy-on-write: each layer is a full copy of all below it. A 20 MiB image
with four containers took 187 MiB instead of 23 (measured); real images fill a CI machine's disk and take minutes to
unpack.

## Instead
Give the data root a volume on a local file system and remove the option: `overlay2` then works in a nested
engine. Without one, `fuse-overlayfs` with `/dev/fuse`.

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    volumes: ["dind-data:/var/lib/docker"]
volumes:
  dind-data:
```

## When it is fine
In gVisor, for test fixtures, and for a handful of tiny images.

## References
- https://docs.docker.com/engine/storage/drivers/vfs-driver/
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    EngineProduct,
    Problem,
    Sandbox,
    Severity,
    removal,
    rule,
)

COPYING = ("vfs", "native")


OF_PODMAN = (
    "Remove the option: 'overlay' is the default, and works with a volume at /var/lib/containers, or with /dev/fuse and"
    " fuse-overlayfs"
)


@rule(
    "copying-storage-driver",
    each=Engine,
    severity=Severity.MEDIUM,
    category="storage-driver",
    since="0.1.0",
    asks=("storage_driver",),
    fixes=(removal("removes the option, so that the engine chooses a driver", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report drivers without copy-on-write."""
    driver = engine.storage_driver
    if driver is None or driver.value not in COPYING:
        return
    if engine.container is not None and engine.container.sandbox is Sandbox.GVISOR:
        return
    severity = Severity.MEDIUM if engine.product is EngineProduct.DOCKER else Severity.LOW
    message = f"{engine} copies every layer in full with the '{driver}' driver"
    instead = OF_PODMAN if engine.product in (EngineProduct.PODMAN, EngineProduct.BUILDAH) else ""
    yield Problem(driver, message, severity=severity, instead=instead)
