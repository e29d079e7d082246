"""A nested engine has no memory limit.

## Why it matters
Everything that runs inside counts as this one container. Without a limit one build takes all memory of the host, and the
kernel then ends whatever it likes, the host's own engine included.

## Instead
Limit the memory, processes and processors of the engine's container:

```yaml
services:
  dind:
    mem_limit: 8g
    pids_limit: 4096
    cpus: 4
```
In Kubernetes `resources.limits`, together with a sandbox: a privileged engine's containers escape them otherwise.

## When it is fine
On a machine that exists for this engine only.

## References
- https://docs.docker.com/engine/containers/resource_constraints/
- CIS Docker Benchmark 5.11; CWE-770
"""

from collections.abc import Iterator

from dindguard.api import (
    ContainerKind,
    Edit,
    Engine,
    Fixer,
    Give,
    Problem,
    Profile,
    Severity,
    rule,
)

LIMITABLE = (ContainerKind.SERVICE, ContainerKind.COMMAND, ContainerKind.POD_MEMBER, ContainerKind.LIVE)


def fix(engine: Engine, _: Problem) -> Iterator[Edit]:
    """Give the container a limit: change it to what the builds need."""
    if engine.container is not None:
        yield Give(engine.container, "limits.memory", "4g")


@rule(
    "unlimited-engine",
    each=Engine,
    severity=Severity.LOW,
    category="operation",
    cwe=770,
    since="0.1.0",
    profile=Profile.ALL,
    fixes=(Fixer("limits the memory to 4 GiB", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report engines whose container may take all memory, where the file could limit it."""
    container = engine.runs_in
    if container is None or container.kind not in LIMITABLE or container.cgroup_parent is not None:
        return
    if container.limits.memory is None:
        yield Problem(container, f"{container} runs an engine without a memory limit")
