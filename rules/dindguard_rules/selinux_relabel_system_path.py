"""A mount relabels a directory of the host's system for one container.

## Why it matters
`:Z` and `:z` change the SELinux label of everything below the source, on the host, for good. On a system directory
or an engine's state the host's own services lose access to it: `sshd` to `/etc/ssh`, the engine to its layers; `:Z`
gives it to this one container, so that the next one loses it. Engines refuse the option for the best-known paths
("SELinux relabeling of /etc is not allowed"), and relabel their subdirectories.

## Instead
Relabel the project's own directories only; for a system path, switch the label of the *container* off, or give it a
policy:

```yaml
services:
  app:
    image: example/app:1
    volumes:
      - ./data:/data:Z
      - /etc/localtime:/etc/localtime:ro
```
The label comes back with `restorecon -R -v /etc`.

## When it is fine
Never on a system path; hosts without SELinux ignore the option.

## References
- https://docs.docker.com/engine/storage/bind-mounts/#configure-the-selinux-label
- https://docs.podman.io/en/latest/markdown/podman-run.1.html
- https://github.com/opencontainers/selinux
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Edit,
    Fixer,
    Problem,
    RemovePart,
    Severity,
    paths,
    reason,
    rule,
)

SYSTEM = frozenset(
    {
        paths.HostPath.ROOT,
        paths.HostPath.RUNTIME_DIRECTORY,
        paths.HostPath.ENGINE_STATE,
        paths.HostPath.SYSTEM_CONFIG,
    }
)


def fix(_: Container, problem: Problem) -> Iterator[Edit]:
    """Take the option out of the mount."""
    yield RemovePart(problem.at, str(problem.at))


@rule(
    "selinux-relabel-system-path",
    each=Container,
    severity=Severity.HIGH,
    category="confinement",
    cwe=732,
    since="0.1.0",
    asks=("mounts",),
    fixes=(Fixer("removes the relabelling", fix, unsafe=True),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report z and Z on the host's system directories, homes and engines' state."""
    for mount in container.mounts:
        path = mount.host_path
        if mount.relabel is None or path is None or paths.classify(path) not in SYSTEM:
            continue
        if paths.is_key_file(path):
            continue  # its user's programs read it, and no service does
        if mount.relabel.value == "z" and paths.is_kubernetes_own(path):
            continue  # what shares it are containers
        severity = Severity.MEDIUM if paths.is_home(path) else Severity.HIGH
        message = f"{container} relabels the host's {mount.shown_path} for containers, and takes it from the host's own services"
        yield Problem(
            mount.relabel,
            message,
            because=(reason("what is relabelled is the host's", mount.host_text),),
            severity=severity,
        )
