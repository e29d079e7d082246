"""An image contains a container engine.

## Why it matters
A daemon in an image invites somebody to start it, which needs a privileged container. Most images that install
one only want the client. Where it *is* started, its state needs a volume: on the container's own layer overlay2
does not work.

## Instead
Install the client alone (`docker-ce-cli` with `docker-buildx-plugin`, `apk add docker-cli`), or copy it:

```dockerfile
COPY --from=docker:29.10.0-cli /usr/local/bin/docker /usr/local/bin/
```

## When it is fine
In an image that is made to run an engine; declare `VOLUME /var/lib/docker` there, and start it behind an init.

## References
- https://docs.docker.com/engine/install/
- https://hub.docker.com/_/docker
"""

from collections.abc import Iterator

from dindguard.api import Invocation, InvocationKind, Problem, Profile, Severity, reason, rule


@rule(
    "engine-in-image",
    each=Invocation,
    severity=Severity.INFO,
    category="build",
    since="0.1.0",
    profile=Profile.ALL,
    formats="the other formats build no images themselves",
)
def check(invocation: Invocation) -> Iterator[Problem]:
    """Report installations of a daemon during an image build."""
    if invocation.kind is InvocationKind.ENGINE_INSTALL and invocation.during_build:
        at = invocation.subject or invocation
        yield Problem(
            at,
            f"the image contains a container engine ('{at}')",
            because=(reason("this command installs it", invocation),),
        )
