"""An engine starts every container without the system call filter.

## Why it matters
`seccomp-profile: unconfined` takes the default filter from all containers of the engine that bring none of their own.
The 40 or so calls that it blocks (`keyctl`, `userfaultfd`, `bpf`, `unshare` with new namespaces) are those that known
container escapes use, and nobody who starts a container there sees that it is missing.

## Instead
Take the setting out, and give a container that needs one call more a profile of its own:

```sh
docker run --security-opt seccomp=./one-call-more.json example/image:1
```

An organisation's own profile for all containers is a file: `"seccomp-profile": "/etc/docker/seccomp.json"`.

## When it is fine
On a machine that runs one trusted container and nothing else; say so in an allow.

## References
- https://docs.docker.com/engine/security/seccomp/
- https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
- CIS Docker Benchmark 1.6, 5.22
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Severity,
    removal,
    rule,
)


@rule(
    "engine-without-seccomp",
    each=Engine,
    severity=Severity.HIGH,
    category="confinement",
    cwe=693,
    since="0.1.0",
    asks=("launch.settings", "configuration"),
    fixes=(removal("removes the option, so that containers get the default seccomp profile", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report the daemon-wide profile ``unconfined``; a nested engine's containers have another wall around them."""
    setting = engine.setting("seccomp-profile")
    if setting is not None and setting.value.value == "unconfined":
        severity = Severity.HIGH if engine.container is None else Severity.MEDIUM
        yield Problem(setting, f"{engine} starts its containers without a seccomp filter", severity=severity)
