"""Options add up to privileged mode without saying so.

## Why it matters
`SYS_ADMIN` lets a process mount and enter namespaces; what still holds it back are the seccomp filter, AppArmor or
SELinux, the masked paths and the read-only cgroup tree. With one of those gone too, the container is privileged in
all but name, and a search for `privileged` doesn't find it. Measured: `SYS_ADMIN` and `NET_ADMIN` with
`seccomp=unconfined`, `systempaths=unconfined` and a writable `/sys/fs/cgroup` run a complete nested engine.

## Exploit
With `SYS_ADMIN` and no AppArmor: `mount -t cgroup -o rdma c /mnt`, a `release_agent` in it, and the kernel runs
that program as the host's root (cgroup v1).

## Instead
Take `SYS_ADMIN` away, and keep the defences. A program that mounts FUSE file systems wants a host mount or a volume
plugin; Chrome wants its published seccomp profile; an engine wants a sandbox:

```yaml
services:
  dind:
    image: docker:29.7.2-dind
    runtime: sysbox-runc          # neither cap_add nor security_opt
```
If all of it is really needed, say `privileged: true`, and have it approved: then everybody sees it.

## When it is fine
Inside gVisor, Kata or a user namespace, where the capability ends at the sandbox; an engine in one is not reported.

## References
- https://man7.org/linux/man-pages/man7/capabilities.7.html
- https://docs.docker.com/engine/security/seccomp/
- CIS Docker Benchmark 1.6, 5.4 and 5.22; MITRE ATT&CK T1611; CVE-2022-0492
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Edit,
    Fixer,
    Problem,
    Remove,
    Sandbox,
    Severity,
    rule,
    switched_off,
)


def fix(_: Container, problem: Problem) -> Iterator[Edit]:
    """Take away what makes it: each by itself would be left as a finding of its own."""
    yield Remove(problem.at)
    for step in problem.because:
        if step is not None:
            yield Remove(step.span)


@rule(
    "near-privileged",
    each=Container,
    severity=Severity.CRITICAL,
    category="privilege",
    cwe=250,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    needs_approval="privileged",
    replaces=(
        "dangerous-capability",
        "strong-capability",
        "seccomp-unconfined",
        "apparmor-unconfined",
        "selinux-disabled",
        "masked-paths-off",
        "kernel-interface-mount",
        "writable-cgroups",
    ),
    asks=("capabilities",),
    fixes=(Fixer("removes the capability and switches the defences on", fix, unsafe=True),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report SYS_ADMIN together with a defence that is off."""
    admin = container.capabilities.adding("SYS_ADMIN", "ALL")
    if admin is None or container.privileged.on or container.engine_in_sandbox:
        return
    parts = switched_off(container)
    if parts and "SYS_ADMIN" in container.capabilities.effective:
        image = container.image
        product = container.powerful_product or (image.fuse_mounter if image is not None else None)
        asks_for_more = image is not None and image.privileged_user is not None  # and with all of it, *high*
        ordinary = _starts_without(container)
        lesser = container.runs_containers or product or asks_for_more or ordinary
        severity = Severity.HIGH if lesser else Severity.CRITICAL
        message = (
            f"{container} is privileged in all but name: it has {admin} without the defences that would contain it"
        )
        message += ", for whatever becomes root in it" if ordinary and not product else ""
        message += f", as {product}'s own instructions have it" if product else ""
        yield Problem(admin, message, because=parts, severity=severity)


def _starts_without(container: Container) -> bool:
    """Whether it starts as a user who holds nothing of what is added, a setuid program away from it (capabilities(7)).

    Docker puts it into the bounding set alone; Podman gives it to the user.
    """
    return container.as_root.off and (container.client != "podman" or container.ordinary_user)
