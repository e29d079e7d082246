"""A container runs without the system call filter.

## Why it matters
The default seccomp profile blocks about 40 system calls that containers rarely need and exploits often use: `keyctl`,
`userfaultfd`, `unshare` and `clone` with new namespaces, `bpf`, `perf_event_open`. Without the filter, every hole in
them is within reach of whoever runs code in the container.

## Instead
Remove the option. If one call is missing, take the default profile and add that call:

```yaml
services:
  browser:
    image: example/browser:1
    security_opt: ["seccomp=./chrome.json"]
```
```yaml
securityContext:                  # Kubernetes; without it, nodes may apply no filter at all
  seccompProfile: {type: RuntimeDefault}
```
Debuggers need no opt-out since Engine 19.03: `ptrace` is allowed on kernels from 4.8 on.

## When it is fine
Rootless BuildKit, a rootless engine, Podman or Buildah inside a container make user namespaces of their own; they
are not reported without further privileges.

## References
- https://docs.docker.com/engine/security/seccomp/
- https://kubernetes.io/docs/tutorials/security/seccomp/
- CIS Docker Benchmark 1.6, 5.22; CIS Kubernetes Benchmark 5.7.2
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
    "seccomp-unconfined",
    each=Container,
    severity=Severity.MEDIUM,
    category="confinement",
    cwe=693,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    asks=("confinement",),
    fixes=(removal("removes the setting, so that the default seccomp profile holds", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report a seccomp filter that is switched off."""
    off = container.confinement.seccomp_off
    if container.opt_outs_expected:
        return
    for option in container.confinement.undecided:
        yield Undecided(option, option.variable)
    if off is None:
        return
    if off.unknown:
        yield Undecided(off, off.variable)
    else:
        yield Problem(off, f"{container} runs without the seccomp filter")
