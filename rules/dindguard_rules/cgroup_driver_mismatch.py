"""An engine is told to use systemd for cgroups where there is no systemd.

## Why it matters
`native.cgroupdriver=systemd` makes the engine ask systemd for every container's cgroup. A container whose first process is
dockerd has no systemd: the engine refuses to start, or every `docker run` fails. It comes from a host's
`daemon.json`, where Kubernetes guides recommend it.

## Instead
Leave the option out: a nested engine picks cgroupfs by itself.

```json
{"exec-opts": ["native.cgroupdriver=cgroupfs"]}
```

## When it is fine
In a container that runs systemd itself, such as a Sysbox system container.

## References
- https://docs.docker.com/reference/cli/dockerd/#options-for-the-runtime
- https://kubernetes.io/docs/setup/production-environment/container-runtimes/#cgroup-drivers
- moby `daemon/daemon_unix.go`
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
    "cgroup-driver-mismatch",
    each=Engine,
    severity=Severity.MEDIUM,
    category="operation",
    since="0.1.0",
    asks=("launch.settings", "configuration"),
    fixes=(removal("removes the option, so that the engine finds the driver itself"),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report the systemd driver where dockerd itself is the container's main program."""
    if not engine.launch.main_program:
        return
    for setting in engine.settings("exec-opt"):
        if setting.value.value == "native.cgroupdriver=systemd":
            yield Problem(setting, f"{engine} uses the systemd cgroup driver, and its container runs no systemd")
