"""A nested engine in a pod's user namespace can't write its cgroups.

## Why it matters
`hostUsers: false` makes root in the pod nobody on the node, which is what you want. But the cgroup tree then
belongs to the node's root: the engine's entry point stops with "mkdir: can't create directory
'/sys/fs/cgroup/init': Permission denied". Writable cgroups for such pods are being added to Kubernetes (KEP-5474,
alpha in 1.37).

## Instead
Use Sysbox, which makes the tree writable inside the same user namespace:

```yaml
spec:
  runtimeClassName: sysbox-runc
  hostUsers: false
```
To build images, BuildKit works without one: `moby/buildkit:rootless`, or its manifest with `hostUsers: false`.

## When it is fine
On clusters with writable cgroups switched on.

## References
- https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
- https://github.com/moby/moby/issues/45378
- https://github.com/moby/buildkit/blob/master/docs/rootless.md
"""

from collections.abc import Iterator

from dindguard.api import Engine, EngineProduct, Problem, Severity, reason, rule


@rule(
    "user-namespace-engine",
    each=Engine,
    severity=Severity.MEDIUM,
    category="sandbox",
    since="0.1.0",
    asks=("container.user_namespace",),
    formats="Kubernetes alone gives single pods a user namespace; no other of the formats does",
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report rootful Docker engines in a user namespace that no runtime prepares."""
    container = engine.container
    if (
        container is None
        or engine.product is not EngineProduct.DOCKER
        or not engine.rootless.off
        or container.sysbox is not None
    ):
        return
    own = container.user_namespace
    if own is not None and own.on:
        yield Problem(
            own,
            f"{engine} can't write the cgroups of its user namespace",
            because=(reason("the engine that starts in it", engine),),
        )
