"""A storage driver is asked for that newer engines no longer have.

## Why it matters
`aufs` and `overlay` were removed in 24.0, `devicemapper` in 25.0: the daemon stops with "storage-driver has been
deprecated and removed". The first two never worked on top of themselves, so a nested engine with them was broken
before; `devicemapper` shares the host's device-mapper names between daemons and corrupts both.

## Instead
Remove the option: the engine picks `overlay2` (or, since 29, containerd's `overlayfs`) by itself.

```yaml
services:
  dind:
    image: docker:29.10.0-dind    # without --storage-driver, and without DOCKER_DRIVER
```

## When it is fine
With an engine that still has it, which is out of support.

## References
- https://docs.docker.com/engine/deprecated/
- https://docs.docker.com/engine/storage/drivers/select-storage-driver/
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    EngineProduct,
    Problem,
    Severity,
    removal,
    rule,
    storage_drivers,
)


@rule(
    "removed-storage-driver",
    each=Engine,
    severity=Severity.HIGH,
    category="storage-driver",
    since="0.1.0",
    asks=("storage_driver",),
    fixes=(removal("removes the option that names the driver"),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report drivers that have been taken out of the engine."""
    driver = engine.storage_driver
    if driver is None or driver.value is None or engine.product is not EngineProduct.DOCKER:
        return
    removed = storage_drivers.removed_in(driver.value)
    if removed is None:
        return
    gone = storage_drivers.is_removed(driver.value, engine.version)
    since = ".".join(str(number) for number in removed)
    old = "is deprecated there and gone" if gone is False else "has been gone"
    message = f"{engine} is told to use the '{driver}' driver, which {old} since {since}"
    yield Problem(driver, message, severity=Severity.MEDIUM if gone is False else Severity.HIGH)
