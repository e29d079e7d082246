"""A pod mounts Docker's socket, which nodes have not had since Kubernetes 1.24.

## Why it matters
Kubernetes nodes run containerd or CRI-O. Mounted with `type: Socket` the pod never starts; without a type, the kubelet
creates an empty *directory* at that path and the client inside fails with a puzzling error.

## Instead
Build without an engine (rootless BuildKit, Buildah), or run a nested engine of the pod's own (Sysbox).

```yaml
containers:
  - name: build
    image: moby/buildkit:v0.25.2-rootless
    args: [--oci-worker-no-process-sandbox]
```

## When it is fine
On nodes with cri-dockerd or a Docker engine beside containerd, and on kind or minikube.

## References
- https://kubernetes.io/docs/tasks/administer-cluster/migrating-from-dockershim/
"""

from collections.abc import Iterator

from dindguard.api import Access, Confidence, EngineProduct, Machine, Mount, Problem, Profile, Severity, rule


@rule(
    "engine-socket-missing-on-nodes",
    each=Access,
    severity=Severity.MEDIUM,
    category="socket",
    since="0.1.0",
    profile=Profile.ALL,
    precision=Confidence.LOW,
    formats="only Kubernetes nodes lack the engine whose socket their pods name",
)
def check(access: Access) -> Iterator[Problem]:
    """Report a docker socket on a platform whose nodes run another engine."""
    engine = access.who.workload.platform.node_engine
    if (
        isinstance(access.to, Machine)
        and isinstance(access.via, Mount)
        and access.uses
        and access.product is EngineProduct.DOCKER != engine
    ):
        message = f"{access.who} mounts a Docker socket, and the platform's nodes run {engine}"
        yield Problem(access.via.host_text or access.via, message, confidence=Confidence.LOW)
