"""A volume is mounted where the engine does not keep its state.

## Why it matters
The rootless image keeps its state in `/home/rootless/.local/share/docker`, and `--data-root` moves it anywhere. A
volume at `/var/lib/docker` is then empty for ever: images are pulled again after each restart, and what was meant to be
kept lies in an anonymous volume that nobody removes.

## Instead
Mount the volume where the state is:

```yaml
volumes:
  - dind-data:/home/rootless/.local/share/docker
```

## When it is fine
Never; remove the mount or move it.

## References
- https://hub.docker.com/_/docker
- docker-library/docker `dind-rootless/Dockerfile`
"""

from collections.abc import Iterator

from dindguard.api import (
    Edit,
    Engine,
    EngineProduct,
    Fixer,
    Mount,
    Problem,
    Set,
    Severity,
    Step,
    paths,
    rule,
)


def fix(engine: Engine, problem: Problem) -> Iterator[Edit]:
    """Mount the volume at the data root."""
    if isinstance(problem.at, Mount) and engine.data_root.value:
        yield Set(problem.at.target, engine.data_root.value)


@rule(
    "ineffective-data-volume",
    each=Engine,
    severity=Severity.MEDIUM,
    category="data-root",
    since="0.1.0",
    asks=("container.mounts",),
    fixes=(Fixer("mounts the volume where the engine keeps its state", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report mounts at an engine's default data root when its state is elsewhere."""
    root = engine.data_root
    if (
        engine.container is None
        or root.unknown
        or engine.product is not EngineProduct.DOCKER
        or engine.rootless.unknown
    ):
        return
    for mount in engine.container.mounts:
        target = mount.target.value or ""
        elsewhere = not paths.inside(root.pattern, target) and not paths.inside(target, root.pattern)
        if target in paths.DATA_ROOTS and paths.data_root_of(target) is EngineProduct.DOCKER and elsewhere:
            message = f"{engine.container} mounts a volume at {target}, and its engine keeps its state in {root}"
            yield Problem(mount, message, (Step("the engine that decides it", engine.span),))
