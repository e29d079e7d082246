"""A pod asks for privilege that its namespace does not admit.

## Why it matters
The label `pod-security.kubernetes.io/enforce` makes the API server refuse pods beyond its level: `baseline` and
`restricted` admit neither privileged containers nor host paths. A Deployment is accepted and then stays at 0
replicas; the reason is only in the ReplicaSet's events.

## Instead
An engine that needs neither (rootless BuildKit, Buildah), or a namespace of its own that says what it is for:

```yaml
metadata:
  name: ci-engines
  labels:
    pod-security.kubernetes.io/enforce: privileged
```

## When it is fine
Never as long as both are applied; an exemption in the API server's configuration would be invisible here.

## References
- https://kubernetes.io/docs/concepts/security/pod-security-standards/
- https://kubernetes.io/docs/concepts/security/pod-security-admission/
"""

from collections.abc import Iterator

from dindguard.api import Problem, Severity, Step, Workload, beyond_baseline, rule


@rule(
    "pod-security-conflict",
    each=Workload,
    severity=Severity.MEDIUM,
    category="cluster",
    since="0.1.0",
    formats="of the formats, only pods live in namespaces with an admission level",
    asks=("placement.admission_level",),
)
def check(workload: Workload) -> Iterator[Problem]:
    """Report pods that their namespace's level refuses."""
    placement = workload.placement
    level = placement.admission_level if placement is not None else None
    if level is None or level.value not in ("baseline", "restricted"):
        return
    for container in workload.containers:
        way = beyond_baseline(container)
        if way is not None:
            message = f"{container} is refused: its namespace admits the level '{level}' only"
            yield Problem(way, message, because=(Step("the namespace's level", level.span),), subject=container)
