"""An image build starts a container engine.

## Why it matters
An ordinary build step may not mount, so dockerd fails there, or falls back to a copying storage driver. Where
it works, the builder gives steps full privilege. What the engine pulls is lost if its data root is a volume,
and frozen into a layer otherwise, from which overlay2 refuses to start later.

## Instead
Get images without an engine (`skopeo copy docker://… docker-archive:image.tar`) and load them when the engine
runs, or give the engine a registry mirror.

```sh
skopeo copy docker://alpine:3.22 docker-archive:images/alpine.tar:alpine:3.22    # before the build
docker load -i /images/alpine.tar                                              # when the engine runs
```

## When it is fine
With Sysbox on the builder, which is made for this.

## References
- https://docs.docker.com/reference/dockerfile/#run---security
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/images.md
"""

from collections.abc import Iterator

from dindguard.api import Invocation, InvocationKind, Problem, Severity, rule


@rule(
    "engine-started-during-build",
    each=Invocation,
    severity=Severity.MEDIUM,
    category="build",
    since="0.1.0",
    asks=("during_build and kind is engine start",),
    formats="the other formats build no images themselves",
)
def check(invocation: Invocation) -> Iterator[Problem]:
    """Report daemons that a build step starts."""
    if invocation.kind is InvocationKind.ENGINE_START and invocation.during_build:
        yield Problem(invocation, f"{invocation} starts an engine while the image is built")
