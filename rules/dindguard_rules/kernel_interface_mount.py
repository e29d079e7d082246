"""The host's kernel settings are mounted into a container.

## Why it matters
Files below `/proc` and `/sys` are commands to the kernel, and the copies in a container are masked or read-only for
that reason. A bind mount of the host's brings them back: what is written to `/proc/sys/kernel/core_pattern` runs as
the host's root at the next crash, `release_agent` in a cgroup tree (v1) and `uevent_helper` likewise. Below
`/sys/kernel/security` and `/sys/fs/selinux` lies the policy of AppArmor and SELinux itself: who may write it
unloads it.

## Exploit
`echo '|/proc/%P/root/x' > /host/proc/sys/kernel/core_pattern; kill -SEGV $$`

## Instead
Mount what is read, read-only, and no more than that:

```yaml
services:
  exporter:
    image: quay.io/prometheus/node-exporter:v1.9.1
    volumes:
      - /proc:/host/proc:ro
      - /sys:/host/sys:ro
```
A container that runs systemd on cgroup v2 needs a private cgroup namespace (the default), and no mount at all.

## When it is fine
Monitoring agents read `/proc`: a read-only mount is *medium*, because it shows every process and its environment
(beside a mount of the whole host, which shows the same, it is not told again). So is a mount at `/proc` itself: the engine
covers `/proc/sys` and the like there, read-only.
`/sys` and `/sys/fs/cgroup` read-only are not reported.

## References
- https://man7.org/linux/man-pages/man5/core.5.html
- https://docs.kernel.org/admin-guide/cgroup-v1/cgroups.html
- CIS Docker Benchmark 1.6, 5.6; MITRE ATT&CK T1611; CVE-2022-0492; moby `hack/dind`
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
    "kernel-interface-mount",
    each=Container,
    severity=Severity.CRITICAL,
    category="privilege",
    cwe=552,
    since="0.1.0",
    asks=("host_mounts",),
    fixes=(Fixer("removes the mount", fix, unsafe=True),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report mounts of the host's /proc, /sys and the parts that control the kernel or its security modules."""
    if container.unrestricted:
        return
    for mount in container.mounts:
        path = mount.host_path
        if path is None or paths.classify(path) is not paths.HostPath.KERNEL_CONTROL:
            continue
        no_root = container.user_of_host or container.ordinary_user  # who writes nothing there
        covered = container.confinement.covers(path, mount.target.value)
        if no_root or covered or not mount.read_only.off:
            if not paths.harmless_read_only(path) and not container.has_through_wider(mount, _is_told):
                message = f"{container} can read the kernel's view of the host in {mount.shown_path}"
                yield Problem(
                    mount.host_text or mount,
                    message,
                    because=(reason("the volume is the host's directory", mount.declared),),
                    severity=Severity.MEDIUM,
                )
            continue
        what = "security policy" if paths.holds_lsm_state(path) else "kernel settings"
        product = container.root_by_design
        severity = Severity.CRITICAL if paths.is_whole_kernel_tree(path) and not product else Severity.HIGH
        message = f"{container} can write the host's {what} in {mount.shown_path}"
        message += f", where {product} is root by its own instructions" if product else ""
        yield Problem(
            mount.host_text or mount,
            message,
            because=(reason("the volume is the host's directory", mount.declared),),
            severity=severity,
        )


def _is_told(path: str) -> bool:
    return paths.classify(path) is paths.HostPath.KERNEL_CONTROL and not paths.harmless_read_only(path)
