"""A pod with an engine also gets a token for the cluster's API.

## Why it matters
Kubernetes mounts a service account's token into every container of a pod unless told otherwise. A build or a test that
runs beside the engine reads it from `/var/run/secrets/kubernetes.io/serviceaccount` and acts as that account,
outside of the node as well.

## Instead
Decline the token, or mount it in the one container that talks to the API:

```yaml
spec:
  automountServiceAccountToken: false
```

## When it is fine
When the pod's own program talks to the API, as controllers and some runners do.

## References
- https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
- CIS Kubernetes Benchmark 5.1.6; MITRE ATT&CK T1528
"""

from collections.abc import Iterator

from dindguard.api import (
    Edit,
    Fixer,
    Give,
    Problem,
    Profile,
    Severity,
    Workload,
    reason,
    rule,
)


def fix(workload: Workload, _: Problem) -> Iterator[Edit]:
    """Keep the cluster's token out of the pod."""
    yield Give(workload, "token", False)


@rule(
    "token-beside-engine",
    each=Workload,
    severity=Severity.LOW,
    category="cluster",
    cwe=522,
    since="0.1.0",
    profile=Profile.ALL,
    formats="of the formats, only pods get such tokens",
    asks=("placement",),
    fixes=(Fixer("withholds the service account's token", fix, unsafe=True),),
)
def check(workload: Workload) -> Iterator[Problem]:
    """Report pods with a nested engine and a token that nobody declined."""
    token = workload.placement.service_account_token if workload.placement is not None else None
    if token is None or not token.on:
        return
    engine = next((each.engine for each in workload.containers if each.engine is not None), None)
    if engine is not None:
        message = f"{workload} gets a token for the cluster's API although it runs {engine}"
        yield Problem(token, message, because=(reason("the engine beside the token", engine),))
