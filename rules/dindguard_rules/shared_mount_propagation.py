"""What a container mounts below a folder of the host appears on the host.

## Why it matters
A mount is a container's own unless its folder was given with `shared` propagation (`Bidirectional` in Kubernetes): then
whatever the container mounts below it is mounted on the host, too, and in every other container that shares the folder.
A container that may mount (it is privileged, or has `SYS_ADMIN`) can thus put file systems of its own over the host's
files there, and what it leaves mounted stays when it ends: a nested engine leaves its containers' layers.

## Instead
Leave the propagation out, or let mounts flow one way only, from the host into the container:

```yaml
services:
  backup:
    image: example/backup:1
    privileged: true
    volumes:
      - /srv:/srv:rslave
```

## When it is fine
For what mounts storage for others on purpose: a storage driver of a cluster (CSI), a mount helper.

## References
- https://docs.docker.com/engine/storage/bind-mounts/#configure-bind-propagation
- https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation
- CIS Docker Benchmark 5.19 (mount propagation is not shared); CWE-668
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Edit,
    Fixer,
    Problem,
    Profile,
    RemovePart,
    Severity,
    reason,
    rule,
)


def fix(_: Container, problem: Problem) -> Iterator[Edit]:
    """Take the option out of the mount."""
    yield RemovePart(problem.at, str(problem.at))


@rule(
    "shared-mount-propagation",
    each=Container,
    severity=Severity.MEDIUM,
    category="privilege",
    cwe=668,
    since="0.1.0",
    profile=Profile.ALL,
    asks=("mounts",),
    fixes=(Fixer("removes the shared propagation", fix, unsafe=True),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report the host's folders with shared propagation in containers that may mount."""
    admin = container.capabilities.adding("SYS_ADMIN", "ALL")
    able = container.privileged if container.privileged.on else admin
    if able is None:
        return
    for mount in container.mounts:
        way = mount.propagation
        if way is not None and way.value in ("shared", "rshared") and mount.host_path is not None:
            message = f"what {container} mounts below {mount.shown_path} appears on the host, and stays there"
            yield Problem(way, message, because=(reason("with this it may mount", able),))
