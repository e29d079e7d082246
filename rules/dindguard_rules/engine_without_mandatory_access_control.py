"""Neither AppArmor nor SELinux confines the engine's containers.

## Why it matters
A container's second line of defence is missing: the kernel's mandatory access control, which refuses mounts, writes to
`/proc` and `/sys` and the like whatever a process was allowed besides. Several known container escapes were stopped by
it alone. An engine on such a host takes `apparmor=docker-default` as an option silently, and the option does nothing
(measured), so only the engine's own report tells.

## Instead
Enable AppArmor (Debian, Ubuntu: `apparmor=1 security=apparmor` on the kernel's command line, and the package
`apparmor`), or SELinux with the package `container-selinux` and `"selinux-enabled": true` in `daemon.json`. Then restart
the engine: `docker info --format '{{.SecurityOptions}}'` names it.

```sh
apt-get install apparmor && systemctl restart docker
docker info --format '{{.SecurityOptions}}'
```

## When it is fine
On a virtual machine that runs one tenant's containers and nothing else, and for an engine without root, which cannot
use either: it is never reported.

## References
- https://docs.docker.com/engine/security/apparmor/
- CIS Docker Benchmark 5.2, 5.3; CWE-693
"""

from collections.abc import Iterator

from dindguard.api import Engine, Problem, Severity, rule


@rule(
    "engine-without-mandatory-access-control",
    each=Engine,
    severity=Severity.MEDIUM,
    category="confinement",
    cwe=693,
    since="0.1.0",
    asks=("mandatory_access_control",),
    formats="only a running engine tells",
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report engines that list neither AppArmor nor SELinux among their security options."""
    control = engine.mandatory_access_control
    if control is not None and control.off and not engine.rootless.on:
        yield Problem(control, f"neither AppArmor nor SELinux confines the containers of {engine}")
