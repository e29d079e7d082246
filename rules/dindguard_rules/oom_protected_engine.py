"""The kernel spares a nested engine when memory runs out.

## Why it matters
With an `oom_score_adj` near -1000, or `oom_kill_disable`, the kernel ends everything else first: the host's own engine
(at -500), sshd, the database. The containers inside inherit the score, so that the very build that used the memory up
is the last to go.

## Instead
Leave the score alone, or raise it above the host engine's, and set a memory limit:

```yaml
services:
  dind:
    mem_limit: 8g
    oom_score_adj: 500
```

## When it is fine
On a machine whose only purpose is this engine.

## References
- https://docs.docker.com/engine/containers/resource_constraints/
- CIS Docker Benchmark 5.12; moby `cmd/dockerd`
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
    "oom-protected-engine",
    each=Engine,
    severity=Severity.MEDIUM,
    category="operation",
    cwe=770,
    since="0.1.0",
    asks=("container.limits.oom_score_adj", "container.limits.oom_kill_disable"),
    fixes=(removal("removes the protection from the kernel's out-of-memory killer"),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report engines that outlive the host's own when memory runs out."""
    container = engine.runs_in
    if container is None:
        return
    score = container.limits.oom_score
    if score is not None and score <= -500 and container.limits.oom_score_adj is not None:
        message = f"{container} runs an engine that the kernel spares before the host's own when memory runs out"
        yield Problem(container.limits.oom_score_adj, message)
    disabled = container.limits.oom_kill_disable
    if disabled is not None and disabled.on:
        yield Problem(disabled, f"{container} runs an engine that the kernel never kills when memory runs out")
