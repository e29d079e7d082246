"""An engine's data only grows, because nothing prunes it.

## Why it matters
Images, layers and build cache of every job add up in a persistent volume until the disk is full; what fails then is
everything on that disk, not only the engine.

## Instead
Let the engine collect its build cache, and prune the rest on a schedule:

```json
{"builder": {"gc": {"enabled": true, "defaultKeepStorage": "20GB"}}}
```

## When it is fine
When the volume ends with the job, or something outside these files prunes it.

## References
- https://docs.docker.com/build/cache/garbage-collection/
- https://docs.docker.com/engine/manage-resources/pruning/
"""

from collections.abc import Iterator

from dindguard.api import ContainerKind, Engine, EngineProduct, MountKind, Problem, Profile, Severity, rule


@rule(
    "unbounded-data-root",
    each=Engine,
    severity=Severity.LOW,
    category="operation",
    cwe=770,
    since="0.1.0",
    profile=Profile.ALL,
    asks=("data_mount",),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report persistent data roots of engines that are told nothing about garbage collection."""
    mount = engine.data_mount
    if (
        mount is None
        or mount.kind not in (MountKind.VOLUME, MountKind.CLAIM, MountKind.HOST)
        or engine.product is not EngineProduct.DOCKER
    ):
        return
    collects = engine.configuration is not None and any(
        setting.name in ("builder", "builder.gc", "builder.gc.enabled") for setting in engine.configuration.settings
    )
    bounded = mount.storage is not None and mount.storage.size_limit is not None
    if engine.container is not None and engine.container.kind is ContainerKind.LIVE:
        return  # a running engine shows neither its configuration file nor who prunes it
    if not collects and not bounded and engine.container is not None and not engine.container.prunes:
        yield Problem(mount, f"{engine} keeps its state here, and nothing in these files ever prunes it")
