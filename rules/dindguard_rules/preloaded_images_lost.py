"""Images that a build puts into an engine's data root are lost, because it is a volume.

## Why it matters
What a build step writes below a path that is a `VOLUME` is thrown away at the end of the step (the classic
builder) or hidden by the empty volume of every container (BuildKit): the engine starts without the images that
were seeded for it. The official `docker:*-dind` images declare `/var/lib/docker` themselves, so nothing can be
seeded on top of them. Images in a nested engine never show up in the host's list either: each engine has a
store of its own.

## Instead
Keep archives beside the data root and load them at the start:

```dockerfile
COPY images/*.tar /images/
COPY start.sh /start.sh        # dockerd-entrypoint.sh & until docker info; do sleep 1; done
CMD ["/start.sh"]              # for i in /images/*.tar; do docker load -i "$i"; done; wait
```
Or use a registry mirror (`--registry-mirror`), which serves all engines. Sysbox can seed by build and `docker
commit`, into images without that volume; sharing one store between instances was its discontinued commercial
edition's.

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
    asks=("invocations",),
    profile=Profile.ALL,
    formats="the other formats declare no volumes during a build",
)
def check(container: Container) -> Iterator[Problem]:
    """Report pulls during a build below a path that is a volume by then."""
    for volume, pull in preloads(container):
        message = f"{pull} puts images where a volume will hide them"
        yield Problem(pull, message, because=(Step("what makes it a volume", volume.span),))
