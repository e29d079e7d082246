"""A volume is mounted at the very path of an engine's socket.

## Why it matters
A volume, an emptyDir and an anonymous mount are directories. The engine can't make its socket where a directory is ("can't
create unix socket /var/run/docker.sock: is a directory") and exits; a client that finds a directory there connects to
nothing.

## Instead
Mount the volume at a directory, and let the socket be a file in it:

```yaml
containers:
  - name: engine
    image: docker:29-dind
    args: [dockerd, --host=unix:///run/engine/docker.sock]
    volumeMounts: [{name: socket, mountPath: /run/engine}]
  - name: job
    image: docker:29-cli
    env: [{name: DOCKER_HOST, value: "unix:///run/engine/docker.sock"}]
    volumeMounts: [{name: socket, mountPath: /run/engine}]
```

## When it is fine
Never. A bind mount of a socket that exists on the host is a file, and is not reported here.

## References
- https://docs.docker.com/reference/cli/dockerd/#daemon-socket-option
- https://kubernetes.io/docs/concepts/storage/volumes/#emptydir
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    MountKind,
    Problem,
    Severity,
    Step,
    paths,
    removal,
    rule,
)

DIRECTORIES = (MountKind.VOLUME, MountKind.ANONYMOUS, MountKind.CLAIM, MountKind.EMPTY_DIR, MountKind.TMPFS)


@rule(
    "engine-socket-is-a-directory",
    each=Engine,
    severity=Severity.MEDIUM,
    category="operation",
    since="0.1.0",
    asks=("container.mounts",),
    fixes=(removal("removes the volume that makes a folder of the socket", unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report volumes that are mounted where the engine listens."""
    container = engine.container
    sockets = {paths.normalise(each.host): each for each in engine.listens if each.scheme == "unix"}
    for mount in container.mounts if container is not None else ():
        listener = sockets.get(paths.normalise(mount.target.value or ""))
        if (
            listener is None
            or mount.kind not in DIRECTORIES
            or mount.sub_path is not None
            or mount.host_path is not None
        ):
            continue
        message = f"{engine} cannot make its socket: {mount.target} is a directory, the {mount.kind}'s"
        yield Problem(mount, message, because=(Step("the engine listens there", listener.span),))
