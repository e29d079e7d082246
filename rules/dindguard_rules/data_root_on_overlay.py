"""An engine keeps its data in its container's own layer instead of a volume.

## Why it matters
A container's layer is an overlay file system, and overlay does not work on top of overlay: the kernel refuses it
as the upper directory ("filesystem … not supported as upperdir"). A daemon that is told to use `overlay2` then
does not start; one that chooses by itself silently falls back to copying every layer in full (`vfs`, `native`), or
to `fuse-overlayfs`, whose containers fail without `/dev/fuse`. The state is also lost with the container.

## Instead
Put a volume at the data root:

```yaml
volumes:
  - dind-data:/var/lib/docker
```

```dockerfile
VOLUME /var/lib/docker
```

## When it is fine
In gVisor with a `tmpfs` or its own overlay settings, under Sysbox (which provides the directory itself), and for
a daemon whose images are tiny.

## References
- https://docs.docker.com/engine/storage/drivers/select-storage-driver/
- https://docs.docker.com/engine/storage/drivers/overlayfs-driver/
- measured with dockerd 20.10 on kernel 6.18
"""

from collections.abc import Iterator

from dindguard.api import (
    Backing,
    Edit,
    Engine,
    EngineProduct,
    Fixer,
    Problem,
    Sandbox,
    Severity,
    Step,
    Volume,
    rule,
    storage_drivers,
)


def fix(engine: Engine, _: Problem) -> Iterator[Edit]:
    """Put the data root on a volume of its own."""
    if engine.container is not None and engine.data_root.value:
        yield Volume(engine.container, f"{engine.container.name}-data", engine.data_root.value)


@rule(
    "data-root-on-overlay",
    each=Engine,
    severity=Severity.HIGH,
    category="storage-driver",
    since="0.1.0",
    asks=("backing is the container's own layer",),
    fixes=(Fixer("gives the engine a volume for its data root", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report data roots that no mount and no declared volume provides."""
    container = engine.container
    if (
        engine.backing is not Backing.CONTAINER_LAYER
        or container is None
        or engine.contact.spoken_for
        or engine.product is not EngineProduct.DOCKER
    ):
        return
    if container.sandbox in (Sandbox.GVISOR, Sandbox.VM):
        return
    driver = engine.storage_driver
    asked = driver is not None and driver.value is not None
    if asked and driver is not None and storage_drivers.runs_on(driver.pattern, "overlay"):
        return
    outcome = f"'{driver}' refuses to start there" if asked else "it falls back to copying every layer"
    message = f"{engine} keeps its state in {engine.data_root} inside the container's own layer, and {outcome}"
    at = engine.data_root if engine.data_root.span != container.span else engine
    because = (Step("this driver is asked for", driver.span),) if asked and driver is not None else ()
    yield Problem(at, message, because, Severity.HIGH if asked else Severity.MEDIUM)
