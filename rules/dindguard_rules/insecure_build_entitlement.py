"""A build gets more privileges than an ordinary container.

## Why it matters
With the entitlement `security.insecure` a `RUN` step has every capability and device of the builder, which
nearly always is privileged itself: the Dockerfile's author becomes root on the builder's machine.
`network.host` lets steps talk to whatever listens on that machine's loopback and to its metadata service. A
builder that allows an entitlement offers it to everybody who may use the builder.

## Exploit
`RUN --security=insecure mkdir /h && mount /dev/sda1 /h && chroot /h` in a pull request's Dockerfile.

## Instead
Leave it out. What needs privilege (nested containers, loop devices) belongs in a test after the build, on a
machine of its own; what only needs a cache or a secret has `RUN --mount=type=cache` and `--mount=type=secret`.

```dockerfile
# syntax=docker/dockerfile:1
FROM golang:1.25
RUN --mount=type=cache,target=/root/.cache/go-build --mount=type=secret,id=token go build ./...
```

## When it is fine
On a builder in a virtual machine that is thrown away after the build.

## References
- https://docs.docker.com/reference/cli/docker/buildx/build/#allow
- https://docs.docker.com/reference/dockerfile/#run---security
- https://github.com/moby/buildkit/blob/master/docs/buildkitd.toml.md
- CWE-250
"""

from collections.abc import Iterator

from dindguard.api import (
    BuildGrant,
    Power,
    Problem,
    Severity,
    removal,
    rule,
)


@rule(
    "insecure-build-entitlement",
    each=BuildGrant,
    severity=Severity.HIGH,
    category="build",
    cwe=250,
    since="0.1.0",
    fixes=(removal("removes the entitlement", unsafe=True),),
)
def check(grant: BuildGrant) -> Iterator[Problem]:
    """Report entitlements that are allowed or asked for."""
    if grant.entitlement:
        severity = Severity.HIGH if grant.power is Power.INSECURE else Severity.MEDIUM
        yield Problem(grant.at, f"{grant.who} {grant.does} {grant.power}", severity=severity)
