"""An engine is started in the root of its own cgroup namespace.

## Why it matters
On cgroup v2 a group that holds processes can't hand controllers on to groups below it. dockerd as a container's own
program lies in the root of that container's cgroup namespace, and the containers that it starts would lie below: they fail
with "cannot enter cgroupv2 … with domain controllers -- it is in threaded mode", or "no internal process". The official
image runs a script, `dind`, that first moves everything into a group of its own.

## Instead
Build on the official image and keep its entry point, or start the engine by the nesting script (`hack/dind` of moby):

```dockerfile
COPY --chmod=755 dind /usr/local/bin/dind
ENTRYPOINT ["dind", "dockerd", "--host=unix:///var/run/docker.sock"]
```

## When it is fine
On hosts with cgroup v1, under Sysbox, and where a systemd of its own starts the engine.

## References
- moby `hack/dind`
- https://github.com/docker-library/docker
- https://docs.kernel.org/admin-guide/cgroup-v2.html#no-internal-process-constraint
"""

from collections.abc import Iterator

from dindguard.api import Confidence, Engine, EngineProduct, Problem, Sandbox, Severity, Step, rule


@rule(
    "cgroup-nesting-not-set-up",
    each=Engine,
    severity=Severity.MEDIUM,
    category="operation",
    since="0.1.0",
    asks=("launch.main_program and not launch.prepared",),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report privileged engines that are a container's own program, and that no nesting script prepares."""
    container, launch = engine.container, engine.launch
    if container is None or engine.product is not EngineProduct.DOCKER or not container.privileged.on:
        return
    if not launch.main_program or launch.prepared or not engine.rootless.off:
        return
    if container.sandbox is Sandbox.NONE and container.namespaces.host("cgroup") is None:
        message = f"{engine} runs in the root cgroup of its container, where it cannot start containers"
        yield Problem(
            launch, message, (Step("it is privileged", container.privileged.span),), confidence=Confidence.MEDIUM
        )
