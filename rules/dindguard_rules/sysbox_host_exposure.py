"""A Sysbox container gets the host's engine or system files.

## Why it matters
Sysbox contains what runs inside by a user namespace; a mount goes around that. Through the host engine's socket the
container starts ordinary, privileged containers on the host. Files of the host's root, or of its engine's state,
are written as the *host's* root, because Sysbox maps the ids of bind mounts. The isolation that the runtime was
chosen for is void.

## Exploit
`docker -H unix:///var/run/docker.sock run --runtime runc --privileged -v /:/h alpine chroot /h`

## Instead
Let the container have its own engine, and volumes of its own:

```yaml
services:
  dind:
    image: docker:29.7.2-dind
    runtime: sysbox-runc
    volumes: [engine:/var/lib/docker]
volumes:
  engine:
```

## When it is fine
Never.

## References
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/dind.md
- https://docs.docker.com/engine/security/#docker-daemon-attack-surface
- MITRE ATT&CK T1611
"""

from collections.abc import Iterator

from dindguard.api import Container, Problem, Severity, paths, reason, rule

EXPOSING = frozenset(
    {
        paths.HostPath.ROOT,
        paths.HostPath.ENGINE_SOCKET,
        paths.HostPath.RUNTIME_DIRECTORY,
        paths.HostPath.ENGINE_STATE,
    }
)


@rule(
    "sysbox-host-exposure",
    each=Container,
    severity=Severity.CRITICAL,
    category="sandbox",
    cwe=668,
    since="0.1.0",
    needs_approval="socket",
    replaces=("host-engine-socket", "host-root-mount", "host-data-root"),
    asks=("sysbox",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report mounts that void Sysbox's isolation."""
    if container.sysbox is None:
        return
    for mount in container.mounts:
        path = mount.host_path
        if path is not None and paths.classify(path) in EXPOSING:
            message = f"{container} runs under Sysbox, yet holds the host's {mount.shown_path}"
            declared = reason("the volume is the host's directory", mount.declared)
            because = (reason("Sysbox was to keep it from the host", container.sysbox), declared)
            yield Problem(mount.host_text or mount, message, because=because)
