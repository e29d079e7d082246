"""A container can change the host's programs, configuration or accounts.

## Why it matters
What the host runs as root is written in a few places: `/etc` (cron, systemd, sudoers, PAM), `/boot`, `/usr`,
`/lib/modules`, `/var/spool/cron`. A container that may write there decides what root runs next, whatever
capabilities it dropped. A home directory is worth that user: `~/.ssh/authorized_keys`, `~/.bashrc`. Read-only, they
still give away keys and password hashes.

## Exploit
`echo '* * * * * root /tmp/x' > /host-etc/cron.d/x`

## Instead
Mount the one file, read-only, or copy it in:

```yaml
services:
  app:
    image: example/app:1
    volumes:
      - /etc/localtime:/etc/localtime:ro
    configs: [app.conf]
```
An engine that has to load modules needs `/lib/modules` read-only.

## When it is fine
An installer that writes a CNI plugin or a certificate to its nodes does this by design; allow it with the reason.
Read-only mounts of `/etc/passwd`, `/etc/localtime`, `/etc/ssl/certs`, `/lib/modules` and their like are not
reported, nor is any beside a mount of the whole host in the same mode, which has a finding of its own.

## References
- https://docs.docker.com/engine/storage/bind-mounts/
- https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
- CIS Docker Benchmark 1.6, 5.6; CIS Kubernetes Benchmark 5.2.12; MITRE ATT&CK T1611, T1053
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Edit,
    Fixer,
    Problem,
    Severity,
    paths,
    reason,
    rule,
)


def fix(container: Container, problem: Problem) -> Iterator[Edit]:
    """Take the mount away, with those that are told by it alone."""
    from dindguard.api import remedies

    yield from remedies.without_mount(container, problem, _is_told)


@rule(
    "host-system-mount",
    each=Container,
    severity=Severity.HIGH,
    category="privilege",
    cwe=552,
    since="0.1.0",
    asks=("host_mounts",),
    fixes=(Fixer("removes the mount", fix, unsafe=True),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report mounts of the host's system directories and homes, the harmless read-only ones apart."""
    told: set[tuple[str, bool]] = set()
    for mount in container.mounts:
        path = mount.host_path
        if path is None or paths.classify(path) is not paths.HostPath.SYSTEM_CONFIG:
            continue
        if (path, mount.read_only.off) in told:
            continue  # the same again at another place
        told.add((path, mount.read_only.off))
        public = container.ordinary_user and not paths.is_users_own(path)  # no keys, and no password hashes
        theirs = public or (container.user_of_host and not paths.is_home(path))  # nobody but root may change these
        writable = mount.read_only.off and not theirs
        if container.has_through_wider(mount, _is_told) or (not writable and paths.harmless_read_only(path)):
            continue
        severity = Severity.HIGH if writable and not paths.is_key_file(path) else Severity.MEDIUM
        host = container.host
        what = f"the host's {mount.shown_path}" if host is None else f"{mount.shown_path} of {host}, its host"
        may = "change" if writable else "read what everybody may read of" if public else "read"
        part = container.workload.node_part
        its_work = part is not None and part.works_with(path)
        message = f"{container} can {may} {what}"
        message += f", as part of its node's {part.what}" if part is not None and its_work else ""
        yield Problem(
            mount.host_text or mount,
            message,
            because=(reason("the volume is the host's directory", mount.declared),),
            severity=severity.lowered(1)
            if theirs or its_work or paths.is_home(path) or (not writable and paths.is_public(path))
            else severity,
        )


def _is_told(path: str) -> bool:
    return paths.classify(path) is paths.HostPath.SYSTEM_CONFIG and not paths.harmless_read_only(path)
