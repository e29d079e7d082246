"""A container runs without its AppArmor profile.

## Why it matters
On hosts with AppArmor (Debian, Ubuntu, SUSE) the default profile denies `mount`, writing to `/proc/sys` and `/sys`,
and reaching into processes outside. It is what keeps `SYS_ADMIN` from mounting the host's disk.

## Instead
Remove the option, or load a profile that permits the one thing that is missing:

```yaml
services:
  app:
    image: example/app:1
    security_opt: ["apparmor=my-app"]
```
```yaml
securityContext:                  # Kubernetes 1.30 and later
  appArmorProfile: {type: Localhost, localhostProfile: my-app}
```

## When it is fine
Rootless BuildKit, a rootless engine, Podman or Buildah inside a container mount in namespaces of their own; they
are not reported without further privileges.

## References
- https://docs.docker.com/engine/security/apparmor/
- https://kubernetes.io/docs/tutorials/security/apparmor/
- CIS Docker Benchmark 1.6, 5.2
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Sandbox,
    Severity,
    Undecided,
    removal,
    rule,
)


@rule(
    "apparmor-unconfined",
    each=Container,
    severity=Severity.MEDIUM,
    category="confinement",
    cwe=693,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    asks=("confinement",),
    fixes=(removal("removes the setting, so that the default AppArmor profile holds", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report AppArmor switched off."""
    off = container.confinement.apparmor_off
    if off is None or container.opt_outs_expected:
        return
    if off.unknown:
        yield Undecided(off, off.variable)
    else:
        yield Problem(off, f"{container} runs without an AppArmor profile")
