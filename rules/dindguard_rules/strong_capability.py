"""A strong capability is added that stays inside the container's own namespaces.

## Why it matters
`NET_ADMIN`, `SYS_PTRACE`, `SYS_TIME`, `SYSLOG` and their like are not root on the host by themselves, but each opens
code of the kernel that an ordinary container cannot reach, and each leads to root in the wrong combination: with the
host's network, or with its processes.

## Instead
Grant it only if the program needs it, beside `cap_drop: [ALL]`.

```yaml
services:
  vpn:
    image: example/vpn:1
    cap_drop: [ALL]
    cap_add: [NET_ADMIN]
```

## When it is fine
`NET_ADMIN` for a VPN or a firewall in a network namespace of its own, `SYS_PTRACE` for a debugger.

## References
- https://man7.org/linux/man-pages/man7/capabilities.7.html
- CIS Docker Benchmark 5.4
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Profile,
    Sandbox,
    Severity,
    capabilities,
    removal,
    rule,
)


@rule(
    "strong-capability",
    each=Container,
    severity=Severity.MEDIUM,
    category="privilege",
    cwe=250,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    profile=Profile.ALL,
    asks=("capabilities",),
    fixes=(removal("removes the capability", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report added capabilities that are strong, but no root on the host as things are."""
    if container.unrestricted or container.engine_in_sandbox:
        return
    held = container.capabilities.effective
    own_users = container.sandbox is Sandbox.USER_NAMESPACE
    host_pid = None if own_users else container.in_hosts("pid")
    host_network = None if own_users else container.in_hosts("network")
    for text in container.capabilities.added:
        if text.unknown or (own_users and capabilities.ends_with_users(str(text))):
            continue
        tier = capabilities.tier_in_company(
            str(text), held, host_pid=host_pid is not None, host_network=host_network is not None
        )
        if tier is capabilities.Tier.STRONG:
            yield Problem(text, f"{container} is given {text}: it {capabilities.why(str(text))}")
