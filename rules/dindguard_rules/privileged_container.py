"""A container that runs no engine is privileged.

## Why it matters
`--privileged` hands over every capability and every device of the host, turns seccomp, AppArmor and SELinux off,
and makes `/proc/sys` and `/sys` writable: root in the container can mount the host's disk, or let the kernel run a
program as the host's root. `cap_drop` beside it changes nothing. A nested engine needs much of that; hardly
anything else does.

## Exploit
`mount /dev/sda1 /mnt && chroot /mnt` inside the container is a root shell on the host.

## Instead
Remove the flag and grant what is missing by name: one capability, one device, one writable path:

```yaml
services:
  app:
    image: example/app:1
    cap_add: [NET_ADMIN]          # one capability
    devices: [/dev/ttyUSB0]       # one device
    tmpfs: [/run]                 # one writable path
```
In Kubernetes the same is `securityContext.capabilities.add`, a device plugin, and an `emptyDir`. An image build
needs no privilege at all with `moby/buildkit:rootless` or Buildah.

## When it is fine
In a virtual machine of its own (Kata) the flag ends at that machine's kernel, in gVisor at the sandbox; the finding
is lowered there. A pod with `hostUsers: false` is lowered too: its root is nobody on the node. Tools that register
emulators (`tonistiigi/binfmt`), and commands that do one thing alone, once (`sysctl`, `chown`, `modprobe`, `wipefs`), are
*medium*; pin them by digest. A well-known product whose own instructions ask for the flag (cAdvisor, Home Assistant,
`kube-proxy`) is *high*, and so is a pod that is a part of its node: a storage driver, a network plugin or a device plugin
by what of the kubelet's it mounts, or mounts for other pods (`Bidirectional`), which Kubernetes refuses without the flag.
Allow it with the reason. A step that its platform starts so for its image, whatever it says itself (Drone: `plugins/docker` and
its like), is *high*: it runs that program alone.

## References
- https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
- https://kubernetes.io/docs/concepts/security/pod-security-standards/
- CIS Docker Benchmark 1.6, 5.5; CIS Kubernetes Benchmark 5.2.2; MITRE ATT&CK T1611; moby `daemon/oci_linux.go`
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    ContainerKind,
    Problem,
    Sandbox,
    Severity,
    Undecided,
    reason,
    removal,
    root_outside,
    rule,
)

ALL_OR_NOTHING = (
    "Remove the flag: nothing can be granted by name here. Build in a way that needs no privilege (rootless BuildKit, "
    "Buildah), or keep such steps to workers of their own, which no untrusted code reaches"
)
OF_THE_PLATFORM = "No setting takes the flag away here: build in a way that needs none (rootless BuildKit, Buildah)"


@rule(
    "privileged-container",
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
        "writable-cgroups",
        "no-new-privileges-off",
        "privileged-command",
    ),
    asks=("privileged and not runs_containers",),
    fixes=(removal("removes privileged mode", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report privileged mode on anything but an engine's container."""
    if container.runs_containers or container.kind is ContainerKind.RUNNER_DEFAULT:
        return
    if container.privileged.unknown:
        yield Undecided(container.privileged, container.privileged.variable)
    if container.privileged.on:
        image = container.image
        tool = image.privileged_tool if image is not None else None
        product = image.privileged_user if image is not None else None
        part = container.workload.node_part
        for_others = container.workload.mounts_for_others(container)
        told = tool or product or part
        why = (
            f", for an image that {tool}"
            if tool
            else f", as {product}'s own instructions have it"
            if product
            else f", as part of its node's {part.what}"
            if part is not None
            else ", which the platform asks of whoever mounts for other pods"
            if for_others is not None
            else f", made so by {container.privileged_by}"
            if container.privileged_by
            else ""
        )
        user = container.as_root
        ordinary = user.off  # a setuid program away from root
        why += ", though its image starts its program as an ordinary user" if ordinary and not user.set else ""
        # An image that the files don't decide may hold an engine, which is graded high.
        unsure = (
            image.reference.unknown
            if image is not None
            else container.build is None and container.started and container.workload.for_debugging is None
        )
        yield Problem(
            container.privileged,
            f"{container} runs as a process of its Windows host, outside any container"
            if container.host_process
            else f"{container} is privileged: root in it is {root_outside(container)}{why}",
            because=(
                reason("its program starts as an ordinary user", user if ordinary and user.set else None),
                reason("by this mount its pod is one", part if part is not None and not (tool or product) else None),
                reason("this hands on what it mounts", for_others if not told else None),
            ),
            severity=Severity.MEDIUM
            if tool is not None
            else Severity.HIGH
            if unsure or product or part is not None or for_others is not None or ordinary or container.privileged_by
            else Severity.CRITICAL,
            instead=OF_THE_PLATFORM
            if container.added_by or container.privileged_by
            else ALL_OR_NOTHING
            if container.workload.platform.all_or_nothing
            else "",
        )
