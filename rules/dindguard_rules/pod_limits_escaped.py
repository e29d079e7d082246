"""The containers of a nested engine run outside of their pod's limits.

## Why it matters
containerd and CRI-O give a privileged container no cgroup namespace of its own. The engine in it sees the
cgroups of the whole node and puts its containers under `/docker`, beside `kubepods.slice` and not in it: the
pod's memory and CPU limits, eviction and `kubectl top` do not count them, and one build takes the node down
with everything on it.

## Instead
Run the engine in a sandbox in which it has cgroups of its own, or hand it its pod's cgroup when it starts (`--cgroup-parent`):

```yaml
spec:
  runtimeClassName: sysbox-runc   # or kata-qemu, gvisor
  hostUsers: false
```
```yaml
command: [sh, -c]
args:
  - exec dockerd-entrypoint.sh dockerd --cgroup-parent="$(cut -d: -f3 /proc/self/cgroup)"
```

## When it is fine
On nodes that run nothing else, where one pod may take them whole.

## References
- https://github.com/moby/moby/issues/45378
- https://github.com/kubernetes/kubernetes/issues/112937
- https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
- containerd `internal/cri/server/container_create.go`; CWE-770
"""

from collections.abc import Iterator

from dindguard.api import Engine, EngineProduct, How, Problem, Sandbox, Severity, reason, rule


@rule(
    "pod-limits-escaped",
    each=Engine,
    severity=Severity.MEDIUM,
    category="cluster",
    cwe=770,
    since="0.1.0",
    asks=("container.namespaces.cgroup",),
    formats="of the formats, only pods have limits that an engine's containers escape",
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report engines whose container was left in the host's cgroup namespace because it is privileged."""
    container = engine.container
    if container is None or engine.product is not EngineProduct.DOCKER or container.sandbox is not Sandbox.NONE:
        return
    if engine.rootless.on:
        return  # it may write no cgroup of the host's, and leaves its containers in its own
    namespace = container.namespaces.cgroup
    left_there = namespace is not None and namespace.value == "host" and namespace.how is How.INHERITED
    parent = engine.launch["cgroup-parent"] or (engine.configuration or engine.launch)["cgroup-parent"]
    if not left_there or not container.privileged.on or parent is not None or not engine.launch.certain:
        return
    limit = container.limits.memory or container.limits.cpus
    if limit is None:
        return  # nothing to escape
    because = reason("privileged: it was left in the node's cgroup namespace", container.privileged)
    message = f"{engine} starts its containers outside of this limit"
    yield Problem(limit, message, because=(because,))
