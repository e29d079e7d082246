"""A pod asks for Sysbox, but not for a user namespace.

## Why it matters
In Kubernetes Sysbox doesn't make the user namespace itself: the pod has to ask for it, with `hostUsers: false`
(Kubernetes 1.30 and containerd 2.0.5 or CRI-O), or with CRI-O's annotation on older clusters. Without either, the
pod doesn't start.

## Instead
Ask for the user namespace with `hostUsers: false`:

```yaml
spec:
  runtimeClassName: sysbox-runc
  hostUsers: false
```
```yaml
metadata:                         # older clusters, with the CRI-O that Sysbox installs
  annotations:
    io.kubernetes.cri-o.userns-mode: "auto:size=65536"
```

## When it is fine
Where an admission controller adds the field.

## References
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/install-k8s.md
- https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Edit,
    Fixer,
    Give,
    Platform,
    Problem,
    Severity,
    rule,
)


def fix(container: Container, _: Problem) -> Iterator[Edit]:
    """Ask for the namespace that Sysbox starts no pod without."""
    yield Give(container, "user_namespace", True)


@rule(
    "sysbox-incomplete-pod",
    each=Container,
    severity=Severity.MEDIUM,
    category="sandbox",
    since="0.1.0",
    asks=("sysbox",),
    formats="Kubernetes alone wants it asked for; in other formats the runtime does it",
    fixes=(Fixer("gives the pod a user namespace", fix),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report Sysbox pods without a user namespace."""
    if container.workload.platform is not Platform.KUBERNETES or container.sysbox is None:
        return
    if container.user_namespace is None:
        yield Problem(container.sysbox, f"{container} asks for Sysbox without a user namespace, and doesn't start")
