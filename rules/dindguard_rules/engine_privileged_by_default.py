"""An engine makes every container privileged by default.

## Why it matters
`privileged = true` in `containers.conf` gives all capabilities and devices to every container that Podman starts on that
machine or in that image, and takes the filters away. Nobody who writes `podman run` sees it.

## Instead
Remove the line, and give the one container that needs it what it needs:

```sh
podman run --cap-add SYS_ADMIN --device /dev/fuse quay.io/buildah/stable:v1.41 buildah bud .
```

## When it is fine
In an image that runs nested containers for one trusted job, inside a sandbox; allow it there.

## References
- https://github.com/containers/common/blob/main/docs/containers.conf.5.md
- CIS Docker Benchmark 1.6, 5.5
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Severity,
    removal,
    rule,
)


@rule(
    "engine-privileged-by-default",
    each=Engine,
    severity=Severity.HIGH,
    category="privilege",
    cwe=250,
    since="0.1.0",
    asks=("configuration",),
    formats="only containers.conf has such a default",
    fixes=(removal("removes the default", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report the default; in an image it is one level less grave, because its containers are nested."""
    setting = engine.setting("privileged")
    if setting is not None and setting.value.value == "true":
        severity = Severity.HIGH if engine.container is None else Severity.MEDIUM
        yield Problem(setting, f"{engine} makes every container privileged by default", severity=severity)
