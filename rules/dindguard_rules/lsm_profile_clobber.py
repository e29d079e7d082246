"""A nested engine replaces the host's AppArmor profile.

## Why it matters
There is one AppArmor policy for the whole kernel. At its start the engine loads a profile named `docker-default`, and
newer engines do so every time; a nested one overwrites the *host's* profile of that name with its own version's, for
all of the host's containers. It does where it finds AppArmor: `apparmor_parser` in its image, and the kernel's interface
at `/sys/kernel/security`. A container has that one if somebody mounts the host's, or securityfs anew: systemd does, and
scripts that were copied from the nesting script do, as far as the container is privileged. Where these files show no
mount, the finding is low. The engine does not load its profile when the variable `container` is set, as the official
image's entry point sets it.

## Instead
Leave the host's `/sys` out, and start the engine through the official image's entry point, or do what it does:

```yaml
services:
  ci:
    image: example/ci-with-docker:1
    entrypoint: ["dind", "dockerd"]      # https://github.com/moby/moby/blob/master/hack/dind
    environment: {container: docker}
```

## When it is fine
On hosts without AppArmor (Fedora, RHEL, Amazon Linux), and where nothing mounts `/sys/kernel/security` in the container.
Images without `apparmor_parser` (Alpine) are not reported.

## References
- https://docs.docker.com/engine/security/apparmor/
- https://github.com/moby/moby/blob/master/hack/dind
- containerd `pkg/apparmor`; moby `daemon/apparmor_default.go`
"""

from collections.abc import Iterator

from dindguard.api import Confidence, Engine, Problem, Severity, reason, rule


@rule(
    "lsm-profile-clobber",
    each=Engine,
    severity=Severity.MEDIUM,
    category="confinement",
    cwe=693,
    since="0.1.0",
    asks=("loads_apparmor_profile",),
    precision=Confidence.MEDIUM,
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report privileged engines that are started past the nesting script, where AppArmor's loader is at hand."""
    if not engine.loads_apparmor_profile or not engine.privileged.on:
        return
    seen = engine.sees_apparmor
    message = f"{engine} overwrites the AppArmor profile 'docker-default' of the host when it starts"
    if not seen:
        message += ", if anything mounts /sys/kernel/security in its container: nothing keeps it from that"
    yield Problem(
        engine.launch,
        message,
        because=(reason("privileged: it can load profiles into the host's kernel", engine.privileged),),
        severity=Severity.MEDIUM if seen else Severity.LOW,
        confidence=Confidence.MEDIUM if seen else Confidence.LOW,
    )
