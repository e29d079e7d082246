"""A nested container engine runs privileged.

## Why it matters
A nested engine mounts file systems, makes network interfaces and cgroups, and unmasks `/proc` for the containers it
starts; runc has no narrower recipe that works, so the official image asks for `--privileged`. The price: an inner
`docker run --privileged -v /dev:/dev` has the disks of the *host*, and so does whoever may command the engine. The
finding is *critical* when something beside the flag leads out without breaking anything: a system path of the host is
mounted, a host namespace is shared, the port is published, the engine's API has no authentication, or the image's tag
names no version, so that tomorrow's content is unknown.

## Exploit
`docker -H tcp://dind:2376 run --privileged alpine sh -c 'mkdir /h && mount /dev/sda1 /h && chroot /h'`

## Instead
Build images without an engine (rootless BuildKit, Buildah), or run the engine under Sysbox, gVisor or Kata without the
flag.

```yaml
services:
  buildkitd:
    image: moby/buildkit:v0.25.1-rootless
    security_opt: [seccomp=unconfined, apparmor=unconfined, systempaths=unconfined]
```
Where containers have to run, Sysbox, gVisor or Kata instead of the flag:

```yaml
services:
  dind:
    image: docker:29.7.2-dind
    runtime: sysbox-runc          # no privileged
```
```yaml
spec:                             # Kubernetes
  runtimeClassName: sysbox-runc
  hostUsers: false
```
Otherwise a virtual machine per job, or a privileged engine on nodes that run nothing else, with TLS, a volume of
its own, no host path, and an approval record (`dindguard waive`).

## When it is fine
Approved, on disposable machines. In a sandbox the finding is lowered; a rootless engine is one level less grave,
because a process that breaks out of it is no root, yet seccomp and AppArmor are off for it as well. So is one that is
told to start as an ordinary user and cannot (`rootful-engine-without-root`).

## References
- https://docs.docker.com/engine/security/rootless/
- https://github.com/nestybox/sysbox
- https://hub.docker.com/_/docker
- CIS Docker Benchmark 1.6, 5.5; CIS Kubernetes Benchmark 5.2.2; MITRE ATT&CK T1611; moby `hack/dind`
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    ContainerKind,
    Edit,
    EngineProduct,
    Fixer,
    Give,
    Problem,
    Remove,
    Sandbox,
    Severity,
    Undecided,
    aggravations,
    keeps_privilege,
    root_outside,
    rule,
)

OF_A_CONTROLLER = (
    "Have the controller add no engine for runners whose jobs need none, and give the others a sandbox (a runtime class) or"
    " machines of their own that end with the job"
)
ON_A_DESKTOP = (
    "Build images without an engine (rootless BuildKit, Buildah), or use docker:dind-rootless without the flag; on Docker"
    " Desktop, Enhanced Container Isolation contains it"
)


def fix(container: Container, problem: Problem) -> Iterator[Edit]:
    """Let Sysbox give the engine what privileged mode gave it."""
    yield Remove(problem.at)
    yield Give(container, "runtime", "sysbox-runc")


def rootless(container: Container, _: Problem) -> Iterator[Edit]:
    """Run an engine that needs no root."""
    from dindguard.api import remedies

    yield from remedies.without_root(container)
    yield from remedies.builder_without_root(container)


@rule(
    "privileged-engine",
    each=Container,
    severity=Severity.CRITICAL,
    category="privilege",
    cwe=250,
    since="0.1.0",
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    needs_approval="privileged",
    replaces=(
        "dangerous-capability",
        "strong-capability",
        "seccomp-unconfined",
        "apparmor-unconfined",
        "selinux-disabled",
        "masked-paths-off",
        "writable-cgroups",
        "no-new-privileges-off",
        "privileged-command",
    ),
    asks=("privileged and runs_containers",),
    fixes=(
        Fixer("runs the engine without root instead of privileged", rootless, unsafe=True),
        Fixer(
            "runs the engine under Sysbox instead of privileged",
            fix,
            unsafe=True,
            brings=("sysbox-without-approval",),
        ),
    ),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report privileged mode on a container that runs an engine, or builds images without one."""
    if not container.runs_containers or container.kind is ContainerKind.RUNNER_DEFAULT:
        return
    if container.privileged.unknown:
        yield Undecided(container.privileged, container.privileged.variable)
    if container.privileged.on:
        worse = aggravations(container)
        severity = Severity.CRITICAL if worse and not keeps_privilege(container) else Severity.HIGH
        if container.rootless_engine.on:
            builder = container.engine is not None and container.engine.product is EngineProduct.BUILDKIT
            severity = severity.lowered(2 if builder else 1)
        lacks_root = container.engine is not None and container.engine.lacks_root is not None
        severity = severity.lowered(1) if lacks_root else severity
        who = "whoever breaks out of a build in it" if keeps_privilege(container) else "whoever commands it"
        message = f"{container} runs a privileged engine: {who} can become {root_outside(container)}"
        message += f", and {worse[0].what}" if worse else ""
        message += " (it does not start as an ordinary user, as it is told to here)" if lacks_root else ""
        yield Problem(container.privileged, message, because=worse, severity=severity, instead=_instead(container))


def _instead(container: Container) -> str:
    """Return what to do where the page's own advice is none: no sandbox on a desktop, and nobody wrote the container."""
    if container.added_by:
        return OF_A_CONTROLLER
    return ON_A_DESKTOP if container.kind is ContainerKind.DEV_CONTAINER else ""
