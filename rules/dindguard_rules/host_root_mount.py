"""The host's whole file system is mounted into a container.

## Why it matters
Whoever is root in the container is root on the host: a line in `/etc/cron.d`, a key in `/root/.ssh`, or `chroot`.
The target doesn't matter, and neither do dropped capabilities: the files belong to uid 0. Read-only, it still shows
`/etc/shadow`, every key, every other container's files and the kubelet's certificates, and it holds the engine's
socket, which read-only doesn't protect.

## Exploit
`chroot /host` in the container.

## Instead
Mount the one directory that is needed, read-only:

```yaml
services:
  exporter:
    image: quay.io/prometheus/node-exporter:v1.9.1
    volumes:
      - /var/lib/node_exporter:/textfile:ro
```
Metrics of the host's file systems need the agent on the host, or on nodes that nobody else uses. A job that really
administers the host belongs to the host's own tools (systemd, Ansible).

## When it is fine
A monitoring agent of your own that mounts it read-only, on purpose: allow it with the reason. Where
a well-known product is root by its own instructions anyway (a cluster's storage driver, Portainer) it is *high*. As an
ordinary user it reads, or changes, what everybody may, and in a rootless engine what that engine's user may: the finding is
*medium*.

## References
- https://docs.docker.com/engine/storage/bind-mounts/
- https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
- CIS Docker Benchmark 1.6, 5.6; CIS Kubernetes Benchmark 5.2.12; MITRE ATT&CK T1611
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Mount,
    Problem,
    Severity,
    Undecided,
    paths,
    reason,
    removal,
    rule,
)


@rule(
    "host-root-mount",
    each=Container,
    severity=Severity.CRITICAL,
    category="privilege",
    cwe=552,
    since="0.1.0",
    asks=("host_mounts",),
    fixes=(removal("removes the mount of the host's root", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report every mount of the host's root, or of a whole drive."""
    for mount in container.mounts:
        if mount.from_anywhere and mount.host_text is not None and not _told_elsewhere(container, mount):
            yield Undecided(mount.host_text, mount.host_text.variable)
        if mount.host_path is None or paths.classify(mount.host_path) is not paths.HostPath.ROOT:
            continue
        if container.privileged.on and container.privileged.span == (mount.host_text or mount).span:
            continue  # one word gives both (`kubectl debug --profile=sysadmin`), and privilege is told
        writable = mount.read_only.off
        severity = Severity.CRITICAL if writable else Severity.HIGH
        may = "change" if writable else "read"
        if container.ordinary_user:
            severity = Severity.MEDIUM  # no keys, no shadow file, no socket
            may = "change what everybody may change in" if writable else "read what everybody may read of"
        if container.user_of_host:
            severity = Severity.MEDIUM
            may = "change what its user may change in" if writable else "read what its user may read of"
        whose = (
            "the host's whole file system" if container.host is None else f"the whole file system of {container.host}"
        )
        product = container.root_by_design
        reached = product is not None and severity is Severity.CRITICAL
        message = f"{container} can {may} {whose} in {mount.target}"
        yield Problem(
            mount.host_text or mount,
            f"{message}, where {product} is root by its own instructions" if reached else message,
            because=(reason("the volume is the host's directory", mount.declared),),
            severity=Severity.HIGH if reached else severity,
        )


def _told_elsewhere(container: Container, mount: Mount) -> bool:
    """Whether another rule says what the mount is by its target: an engine's socket, or an engine's state."""
    return mount.assumed_socket() is not None or container.keeps_state_in(mount)
