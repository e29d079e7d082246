"""A container is put at the root of the host's control groups.

## Why it matters
An engine puts its containers below a group of its own (`/docker`, `system.slice`), or below the one that an administrator
gave it (`--cgroup-parent`) with limits on memory, processors and processes for all of them together. `/` as a
container's own parent, or a path that climbs with `..`, leaves that group: what was to bound every job bounds all but
this one, and a nested engine takes what the host has.

## Instead
Name a group that somebody limits, or leave the choice to the engine:

```yaml
services:
  builder:
    image: example/builder:1
    cgroup_parent: builds.slice
```

## When it is fine
For what watches the host's own groups, on a host where nobody limits the engine's.

## References
- https://docs.docker.com/reference/cli/dockerd/#default-cgroup-parent
- CIS Docker Benchmark 5.24 (cgroup usage is confirmed); CWE-770
"""

from collections.abc import Iterator

from dindguard.api import Container, Problem, Profile, Severity, rule

_ROOTS = ("/", "-.slice", "/-.slice", "init.scope", "/init.scope")


@rule(
    "host-cgroup-parent",
    each=Container,
    severity=Severity.LOW,
    category="confinement",
    cwe=770,
    since="0.1.0",
    profile=Profile.ALL,
    asks=("cgroup_parent",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report parents that are the root, or above what the engine gives."""
    parent = container.cgroup_parent
    if parent is None or not parent.known:
        return
    if parent.pattern in _ROOTS or ".." in parent.pattern.split("/"):
        yield Problem(parent, f"{container} leaves its engine's control group, and the limits on it, for '{parent}'")
