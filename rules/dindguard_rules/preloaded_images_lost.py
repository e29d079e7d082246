"""Images are pulled into a path that was declared a volume before.

## Why it matters
What a build step writes below a path after its `VOLUME` line is thrown away at the end of the step (the classic
builder), or stays in a layer that the volume hides later: the engine starts without the images that were put
there for it.

## Instead
Pull first and declare the volume last, or keep archives beside it (`/images/*.tar`) and `docker load` them at
the start.

## When it is fine
Never: the work is lost either way.

## References
- https://docs.docker.com/reference/dockerfile/#volume
- https://github.com/nestybox/sysbox/blob/master/docs/user-guide/images.md
"""

from collections.abc import Iterator

from dindguard.api import Container, Problem, Profile, Severity, Step, preloads, rule


@rule(
    "preloaded-images-lost",
    each=Container,
    severity=Severity.LOW,
    category="build",
    since="0.1.0",
    profile=Profile.ALL,
    formats="the other formats declare no volumes during a build",
)
def check(container: Container) -> Iterator[Problem]:
    """Report pulls during a build, behind the volume that hides them."""
    for volume, pull in preloads(container):
        if (volume.span.line, volume.span.column) < (pull.span.line, pull.span.column):
            message = f"{pull} puts images where '{volume}' was declared a volume before"
            yield Problem(pull, message, because=(Step("the volume", volume.span),))
