"""A CI system saves and restores an engine's state as a cache.

## Why it matters
Overlay directories do not survive a tar archive: extended attributes, whiteouts and hard links get lost, and the
databases beside them are copied while they are open. The restored state is broken in ways that show much later,
and it is large.

## Instead
Cache what is meant to travel: a build cache in a registry (`--cache-to type=registry,ref=…`) or of the CI system
(`type=gha`), or `docker save` archives of the few images that matter.

```sh
docker buildx build --cache-to type=registry,ref=registry.example.com/app:cache,mode=max \
  --cache-from type=registry,ref=registry.example.com/app:cache .
```

## When it is fine
A directory of archives or of BuildKit's `type=local` cache, which is not the engine's own state.

## References
- https://docs.docker.com/build/cache/backends/
"""

from collections.abc import Iterator

from dindguard.api import Problem, Severity, Workload, paths, rule


@rule(
    "cached-engine-state",
    each=Workload,
    severity=Severity.MEDIUM,
    category="data-root",
    since="0.1.0",
    asks=("cached_paths",),
)
def check(workload: Workload) -> Iterator[Problem]:
    """Report cached paths that are an engine's data root or lie below one."""
    for path in workload.cached_paths:
        engine = paths.data_root_of(path.value or "")
        if engine is not None:
            yield Problem(
                path, f"{workload} caches the state of the {engine} engine, which does not survive an archive"
            )
