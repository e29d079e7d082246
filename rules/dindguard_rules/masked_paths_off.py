"""A container sees the paths of /proc and /sys that are normally masked.

## Why it matters
An engine hides `/proc/kcore`, `/proc/keys`, `/sys/firmware` and others, and makes `/proc/sys` and `/proc/sysrq-trigger`
read-only. Without the masks, root in the container can set kernel parameters of the host: a program in
`/proc/sys/kernel/core_pattern` runs as the host's root.

## Exploit
`echo '|/x' > /proc/sys/kernel/core_pattern` as root in the container, then any crash.

## Instead
Remove the option. A single kernel parameter that belongs to the container's namespaces is set from outside:

```yaml
services:
  app:
    image: example/app:1
    sysctls: {net.core.somaxconn: 1024}
```

## When it is fine
Where containers run inside without root: rootless BuildKit and rootless engines need it to mount a `/proc` of their
own; they are not reported. In Kubernetes `procMount: Unmasked` is allowed with `hostUsers: false` only, and lowered
there.

## References
- https://docs.docker.com/engine/containers/run/#security-configuration
- https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
- MITRE ATT&CK T1611
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
    "masked-paths-off",
    each=Container,
    severity=Severity.HIGH,
    category="confinement",
    cwe=693,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    asks=("confinement",),
    fixes=(removal("removes the setting, so that sensitive paths are masked", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report unmasked system paths; less grave for an ordinary user."""
    off = container.confinement.masks_off
    if off is None or container.opt_outs_expected:
        return
    if off.unknown:
        yield Undecided(off, off.variable)
    else:
        ordinary = container.as_root.off
        message = f"{container} sees /proc and /sys without the engine's masks"
        yield Problem(off, message, severity=Severity.MEDIUM if ordinary else Severity.HIGH)
