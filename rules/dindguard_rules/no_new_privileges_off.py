"""A container explicitly lets its programs gain privileges.

## Why it matters
With `no-new-privileges`, setuid programs (`sudo`, `su`, a forgotten one) give nothing to whoever starts them.
Saying `false`, or `allowPrivilegeEscalation: true`, opts out even where the engine's or the cluster's default is
the safer one.

## Instead
Forbid new privileges, or leave the setting out:

```yaml
services:
  app:
    image: example/app:1
    security_opt: ["no-new-privileges:true"]
```
```yaml
securityContext:                  # Kubernetes
  allowPrivilegeEscalation: false
```

## When it is fine
Rootless engines and builders need the setuid programs `newuidmap` and `newgidmap`; they are not reported.

## References
- https://docs.docker.com/reference/cli/docker/container/run/#security-opt
- https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
- CIS Docker Benchmark 1.6, 5.26; CIS Kubernetes Benchmark 5.2.6
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Profile,
    Sandbox,
    Severity,
    removal,
    rule,
)


@rule(
    "no-new-privileges-off",
    each=Container,
    severity=Severity.LOW,
    category="confinement",
    cwe=250,
    since="0.1.0",
    profile=Profile.ALL,
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    asks=("confinement",),
    fixes=(removal("removes the setting", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report the explicit opt-out; saying nothing is no finding."""
    flag = container.confinement.no_new_privileges
    if flag is not None and flag.off and not container.opt_outs_expected and not container.privileged.on:
        yield Problem(flag, f"{container} lets its programs gain privileges")
