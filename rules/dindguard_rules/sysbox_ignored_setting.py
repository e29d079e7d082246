"""Sysbox ignores a security setting that is written for the container.

## Why it matters
Sysbox brings its own seccomp filter, applies no AppArmor profile, gives root in the container all capabilities of
its user namespace whatever is dropped, and shows devices as nobody's. What the file says then isn't what holds: a
reader of the file believes in a profile that nobody loads.

## Instead
Remove the setting. Dropped capabilities are obeyed when the container asks for it:

```yaml
services:
  dind:
    image: docker:29.7.2-dind
    runtime: sysbox-runc
    cap_drop: [NET_RAW]
    environment: {SYSBOX_HONOR_CAPS: "TRUE"}
```

## When it is fine
In a file that serves hosts with Sysbox and others without it.

## References
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/security.md
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/limitations.md
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Problem,
    Profile,
    Severity,
    reason,
    removal,
    rule,
)


@rule(
    "sysbox-ignored-setting",
    each=Container,
    severity=Severity.LOW,
    category="sandbox",
    since="0.1.0",
    profile=Profile.ALL,
    asks=("sysbox",),
    fixes=(removal("removes the setting that has no effect"),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report profiles, dropped capabilities and devices that have no effect under Sysbox."""
    if container.sysbox is None:
        return
    why = (reason("Sysbox is asked for here", container.sysbox),)
    message = f"{container} runs under Sysbox, which ignores"
    for text, kind in ((container.confinement.seccomp, "seccomp"), (container.confinement.apparmor, "AppArmor")):
        if text is not None and text.value not in ("default", "unconfined"):
            yield Problem(text, f"{message} the {kind} setting '{text}'", because=why)
    if container.environment.value("SYSBOX_HONOR_CAPS") not in ("TRUE", "true") and not container.as_root.off:
        for text in container.capabilities.dropped:
            yield Problem(text, f"{message} that {text} is dropped", because=why)
    for device in container.devices:
        yield Problem(device, f"{message} who owns {device.host_path}: it is nobody's", because=why)
