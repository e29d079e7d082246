"""A container runs without its SELinux label.

## Why it matters
On hosts with SELinux (Fedora, RHEL, Amazon Linux) the label keeps a process that broke out from everything that
isn't labelled for containers: host files, sockets, other containers' volumes. `label=disable` and the type `spc_t`
give that up; beside a system path of the host nothing is left to stop the process from using it.

## Instead
Let the engine label what is mounted, with `:Z` for one container or `:z` for several, on the project's own
directories:

```yaml
services:
  app:
    image: example/app:1
    volumes: ["./data:/data:Z"]
```
A nested engine in Kubernetes has a type of its own: `seLinuxOptions: {type: container_engine_t}`; nested Podman has
`label=nested`.

## When it is fine
Podman, Buildah and rootless engines inside a container; they are not reported without further privileges. A dev
container's feature that hands over the engine's socket switches the label off as well: the socket is the finding.

## References
- https://docs.podman.io/en/latest/markdown/podman-run.1.html
- https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
- CIS Docker Benchmark 1.6, 5.3
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Mount,
    Platform,
    Problem,
    Sandbox,
    Severity,
    Step,
    paths,
    removal,
    rule,
)

SYSTEM = frozenset(
    {
        paths.HostPath.ROOT,
        paths.HostPath.ENGINE_STATE,
        paths.HostPath.KERNEL_CONTROL,
        paths.HostPath.SYSTEM_CONFIG,
    }
)

BESIDE_A_SOCKET = (
    "Put a filtering proxy before the socket, or give the container a policy that opens that socket alone (udica): what it"
    " mounts cannot be labelled anew, for the engine's socket is the host's"
)
IN_A_POD = "Give the pod a type that confines it (container_t, or one of its own with what is missing)"


@rule(
    "selinux-disabled",
    each=Container,
    severity=Severity.HIGH,
    category="confinement",
    cwe=693,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    asks=("confinement",),
    fixes=(removal("removes the setting, so that SELinux confines the container", unsafe=True),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report SELinux switched off; it is graver beside a system path of the host."""
    off = container.confinement.selinux_off
    if off is None or container.opt_outs_expected or container.comes_with_an_engine(off):
        return
    exposed = [mount for mount in container.mounts if mount.host_path and paths.classify(mount.host_path) in SYSTEM]
    severity = Severity.HIGH if exposed else Severity.MEDIUM
    because = tuple(Step(f"nothing guards the host's {mount.shown_path}", mount.span) for mount in exposed)
    what = "without an SELinux label" if off.value == "disable" else "with an SELinux type that nothing confines"
    pod = container.workload.platform is Platform.KUBERNETES
    socket = any(isinstance(access.via, Mount) and access.uses for access in container.accesses)
    yield Problem(
        off,
        f"{container} runs {what}",
        because=because,
        severity=severity,
        instead=BESIDE_A_SOCKET if socket else IN_A_POD if pod else "",
    )
