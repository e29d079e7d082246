"""A capability is added that leads to root on the host.

## Why it matters
A few capabilities are root on the host by themselves: `SYS_ADMIN` mounts file systems and unlocks `mount`, `bpf` and
`setns` in the seccomp filter (each capability widens that filter); `SYS_MODULE` loads kernel code; `SYS_RAWIO` reaches
physical memory; `DAC_READ_SEARCH` opens any file of the host by its handle. Others do so in combination: `NET_ADMIN` on
the host's network, `SYS_PTRACE` among the host's processes. On hosts with AppArmor the default profile still denies
`mount` to `SYS_ADMIN`; where there is none, nothing does.

## Exploit
`DAC_READ_SEARCH`: `open_by_handle_at()` with inode 2 opens the root directory of the host's disk ("shocker").

## Instead
Drop all capabilities and add back only those that the program needs:

```yaml
services:
  app:
    image: example/app:1
    cap_drop: [ALL]
    cap_add: [NET_BIND_SERVICE]
```
```yaml
securityContext:                  # Kubernetes
  capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
```
Debuggers need no `SYS_PTRACE` for their own children since kernel 4.8 and Engine 19.03.

## When it is fine
For a tool of your own that administers the machine: allow it with the reason. In gVisor, Kata or a user namespace
the finding is lowered. `NET_ADMIN` on the host's network is *medium* for a network plugin of the node and for well-known
products that set that network up by their own instructions (kube-vip, MetalLB, Tailscale).

## References
- https://man7.org/linux/man-pages/man7/capabilities.7.html
- https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
- CIS Docker Benchmark 1.6, 5.4; CIS Kubernetes Benchmark 5.2.9; MITRE ATT&CK T1611
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Sandbox,
    Severity,
    Undecided,
    capabilities,
    reason,
    removal,
    rule,
)

SEVERITIES = {
    capabilities.Tier.ALL: Severity.CRITICAL,
    capabilities.Tier.ROOT: Severity.HIGH,
}


@rule(
    "dangerous-capability",
    each=Container,
    severity=Severity.CRITICAL,
    category="privilege",
    cwe=250,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    asks=("capabilities",),
    fixes=(removal("removes the capability", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report each added capability that is enough for root on the host."""
    if container.unrestricted or container.engine_in_sandbox or _never_held(container):
        return
    held = container.capabilities.effective
    own_users = container.sandbox is Sandbox.USER_NAMESPACE
    host_pid = None if own_users else container.in_hosts("pid")
    host_network = None if own_users else container.in_hosts("network")
    shared = (
        reason("it shares the host's processes", host_pid),
        reason("it shares the host's network", host_network),
    )
    for text in container.capabilities.added:
        if text.unknown:
            yield Undecided(text, text.variable)
            continue
        if own_users and capabilities.ends_with_users(str(text)):
            continue
        tier = capabilities.tier_in_company(
            str(text), held, host_pid=host_pid is not None, host_network=host_network is not None
        )
        raised = tier is not capabilities.tier(str(text))
        if raised and host_pid is not None and capabilities.normalise(str(text)) == "SYS_PTRACE":
            continue  # what leads to the host's processes is told of their namespace
        if tier in SEVERITIES:
            message = f"{container} is given {text}: it {capabilities.why(str(text))}"
            company = shared if raised else ()
            of_host = raised and message.endswith("its network namespace")
            message += ", which is the host's" if of_host else ""
            image = container.image if of_host else None
            product = image.host_networker if image is not None else None
            part = container.workload.network_plugin if of_host and product is None else None
            message += f", as {product}'s own instructions have it" if product else ""
            message += ", as part of its node's network plugin" if part is not None else ""
            yield Problem(
                text,
                message,
                because=(*company, reason("by this mount its pod is one", part)),
                severity=Severity.MEDIUM if product or part is not None else SEVERITIES[tier],
            )


def _never_held(container: Container) -> bool:
    """Whether no process in it gets what is added: an ordinary user has it in the bounding set only.

    A program with file capabilities could raise it from there, which ``no_new_privileges`` forbids (moby
    ``oci.SetCapabilities``, capabilities(7)).
    """
    confined = container.confinement.no_new_privileges
    return container.as_root.off and confined is not None and confined.on
