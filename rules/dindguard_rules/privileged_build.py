"""An image is built with full privilege.

## Why it matters
`build.privileged` runs every step of the Dockerfile as `docker run --privileged` would: whoever can change the
Dockerfile, or a package that it installs, is root on the machine of the engine that builds.

## Instead
Remove it, and look at what the failing step really needs; a mount of type `cache`, `secret` or `tmpfs` is
mostly enough.

```dockerfile
# syntax=docker/dockerfile:1
FROM alpine:3.22
RUN --mount=type=tmpfs,target=/scratch --mount=type=secret,id=token ./build.sh
```

## When it is fine
On a builder in a virtual machine that is thrown away after the build.

## References
- https://docs.docker.com/reference/compose-file/build/#privileged
- https://docs.docker.com/reference/dockerfile/#run---mount
- CWE-250
"""

from collections.abc import Iterator

from dindguard.api import (
    BuildGrant,
    Flag,
    Power,
    Problem,
    Severity,
    Undecided,
    removal,
    rule,
)


@rule(
    "privileged-build",
    each=BuildGrant,
    severity=Severity.HIGH,
    category="build",
    cwe=250,
    since="0.1.0",
    formats="the other formats have no such switch; entitlements are another rule's",
    fixes=(removal("removes privileged mode from the build", unsafe=True),),
)
def check(grant: BuildGrant) -> Iterator[Problem | Undecided]:
    """Report builds with the switch on."""
    if grant.power is not Power.PRIVILEGED or not isinstance(grant.at, Flag):
        return
    if grant.at.unknown:
        yield Undecided(grant.at, grant.at.variable)
    else:
        yield Problem(grant.at, f"{grant.who} is built with full privilege on the engine's host")
