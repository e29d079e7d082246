"""The host engine's own state is mounted into a container.

## Why it matters
`/var/lib/docker` (and its counterparts of containerd, Podman and the kubelet) holds every container's files, volumes
and secrets. Writable, it is root on the host: change a file in another container's layer, or in a volume that a root
process reads. Under a nested engine it is also a second daemon on one data root: it does not start, or both corrupt it.

## Exploit
Write a cron file or a set-uid program into the `merged` directory of a container that runs as root.

## Instead
Give a nested engine storage of its own: a named volume, in a pod an emptyDir or a claim. For logs and metrics
mount the one directory that is read, read-only
(`/var/lib/docker/containers:ro`), or ask the engine's API through a proxy.

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    volumes: ["dind-data:/var/lib/docker"]
volumes:
  dind-data:
```

## When it is fine
cAdvisor, log shippers and the like read it by design: read-only, that is *medium*, and *low* for Docker's
on nodes of Kubernetes, which usually run another engine. What writes below the kubelet's own `/var/lib/kubelet` is
*high*, and *medium* in a storage driver or device plugin, whose work that is. Beside a mount of the whole host in the
same mode it is not told again.

## References
- https://docs.docker.com/engine/daemon/#daemon-data-directory
- CIS Docker Benchmark 5.5; MITRE ATT&CK T1611
- https://github.com/moby/moby/issues/31600
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Edit,
    EngineProduct,
    Fixer,
    Problem,
    Severity,
    Undecided,
    paths,
    reason,
    rule,
)


def _is_told(path: str) -> bool:
    return paths.classify(path) is paths.HostPath.ENGINE_STATE and not paths.inside(path, "/run")


WITHOUT_ENGINE = "Mount the one directory that is read, read-only, or ask the engine's API through a filtering proxy"
OF_THE_KUBELET = "Mount the one directory that is needed, read-only if it is only read: pods' secrets lie below it"


def fix(container: Container, problem: Problem) -> Iterator[Edit]:
    """Take the mount away, with those that are told by it alone."""
    from dindguard.api import remedies

    yield from remedies.without_mount(container, problem, _is_told)


@rule(
    "host-data-root",
    each=Container,
    severity=Severity.CRITICAL,
    category="data-root",
    cwe=668,
    since="0.1.0",
    asks=("host_mounts",),
    fixes=(Fixer("removes the mount of the host engine's data", fix, unsafe=True),),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report mounts of an engine's state from the host."""
    for mount in container.mounts:
        path = mount.host_path
        if path is None or mount.host_text is None:
            continue
        if mount.from_anywhere and container.keeps_state_in(mount):
            yield Undecided(mount.host_text, mount.host_text.variable)
        standard = container.workload.standard_path(path)
        if paths.classify(standard) is not paths.HostPath.ENGINE_STATE:
            continue
        if paths.inside(path, "/run"):
            continue  # the engine's sockets are there: that is the graver half
        nested = container.keeps_state_in(mount)
        if not nested and container.has_through_wider(mount, _is_told):
            continue
        lesser = paths.is_below_data_root(standard) or paths.is_kubelets(standard)
        writable = Severity.HIGH if lesser else Severity.CRITICAL
        severity = Severity.CRITICAL if nested else Severity.MEDIUM if mount.read_only.on else writable
        part = container.workload.node_part if paths.is_kubelets(standard) else None
        its_work = part is not None and part.works_with(path)
        if container.user_of_host or its_work:
            severity = min(severity, Severity.MEDIUM)
        if container.ordinary_user and not nested:
            severity = min(severity, Severity.LOW if mount.read_only.on else Severity.MEDIUM)
        what = "as the state of an engine of its own" if nested else "read-only" if mount.read_only.on else "writable"
        usual = container.workload.platform.node_engine
        gone = paths.data_root_of(standard) is EngineProduct.DOCKER != usual is not None
        if gone and mount.read_only.on and not nested:
            severity, what = min(severity, Severity.LOW), f"{what}, on nodes that run Docker"
        what += f", as part of its node's {part.what}" if part is not None and its_work else ""
        message = f"{container} mounts {paths.state_of(standard)} from {mount.shown_path}, {what}"
        instead = "" if nested else OF_THE_KUBELET if paths.is_kubelets(standard) else WITHOUT_ENGINE
        because = (
            reason("the volume is the host's directory", mount.declared),
            reason("read-only keeps no secret", mount.read_only),
            reason("by this mount its pod is one", part if part is not None and its_work else None),
        )
        yield Problem(mount.host_text, message, because, severity, instead=instead)
