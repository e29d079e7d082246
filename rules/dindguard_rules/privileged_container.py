"""A container that runs no engine is privileged.

## Why it matters
`--privileged` hands over every capability and every device of the host, turns seccomp, AppArmor and SELinux
off, and makes `/proc/sys` and `/sys` writable: root in the container can mount the host's disk, or let the
kernel run a program as the host's root. `cap_drop` beside it changes nothing. A nested engine needs much of
that; hardly anything else does.

## Exploit
`mount /dev/sda1 /mnt && chroot /mnt` inside the container is a root shell on the host.

## Instead
Remove the flag and grant what is missing by name: one device (`devices`), one capability (`cap_add`), one
writable path (`tmpfs`, a volume).

## When it is fine
In a virtual machine of its own (Kata) the flag ends at that machine's kernel, in gVisor at the sandbox; the
finding is lowered there.

## References
- https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
- CIS Docker Benchmark 5.4; CIS Kubernetes Benchmark 5.2.2; MITRE ATT&CK T1611
- moby `daemon/oci_linux.go`
"""

from collections.abc import Iterator

from dindguard.api import Container, Problem, Sandbox, Severity, Undecided, rule


@rule(
    "privileged-container",
    each=Container,
    severity=Severity.CRITICAL,
    category="privilege",
    cwe=250,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    needs_approval="privileged",
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report privileged mode on anything but an engine's container."""
    if container.runs_containers:
        return
    if container.privileged.unknown:
        yield Undecided(container.privileged, container.privileged.variable)
    if container.privileged.on:
        yield Problem(container.privileged, f"{container} is privileged: root in it is root on the host")
