"""Two AppArmor settings contradict each other.

## Why it matters
A pod can set AppArmor in the field `appArmorProfile` (since 1.30) and in the old annotation. When both are there
and differ, the API server refuses the pod; older clusters know the annotation alone and obey it.

## Instead
Keep one of them; the field, from Kubernetes 1.30 on:

```yaml
spec:
  containers:
    - name: app
      securityContext:
        appArmorProfile: {type: RuntimeDefault}
```

## When it is fine
Never; both with the same value is not reported.

## References
- https://kubernetes.io/docs/tutorials/security/apparmor/
- https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/24-apparmor
"""

from collections.abc import Iterator

from dindguard.api import Container, Problem, Severity, Step, rule


@rule(
    "apparmor-conflict",
    each=Container,
    severity=Severity.MEDIUM,
    category="confinement",
    since="0.1.0",
    formats="Kubernetes alone has two places for it; in other formats the last one wins",
    asks=("confinement",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report two different AppArmor settings for one container."""
    one, other = container.confinement.apparmor, container.confinement.apparmor_again
    if one is not None and other is not None and one.known and other.known and one.value != other.value:
        because = (Step("the other profile is named here", one.span),)
        yield Problem(
            other, f"{container} is given two AppArmor profiles: '{one.value}' and '{other.value}'", because
        )
