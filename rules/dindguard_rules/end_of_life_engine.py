"""An engine's version no longer gets security fixes.

## Why it matters
Only the newest major version of the official image is rebuilt: what is older keeps every hole that was found
since in dockerd, containerd, runc, BuildKit and the Alpine base below them. Several of those lead from an inner
container to root in the engine's container, and from a privileged one to the host. The tags `stable`, `test` and
`edge` have been frozen at 19.03.14 since December 2020.

## Instead
Run a maintained line (`docker:29.10.0-dind`); on a host, update the engine's packages.

```yaml
services:
  dind:
    image: docker:29.10.0-dind
```

## When it is fine
With a vendor's patches for the same line (25.0 is maintained by Amazon and Mirantis until 2026-12-04) in an image of
your own; the finding is *medium* there. The finding names the date as of which this is known.

## References
- https://endoflife.date/docker-engine
- https://github.com/moby/moby/blob/master/project/BRANCHES-AND-TAGS.md
- https://hub.docker.com/_/docker
- CWE-1104
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Fixer,
    Problem,
    Severity,
    engine_versions,
    remedies,
    rule,
)


@rule(
    "end-of-life-engine",
    each=Engine,
    severity=Severity.HIGH,
    category="image",
    cwe=1104,
    since="0.1.0",
    asks=("ended",),
    fixes=(Fixer("names the newest release", remedies.newer_engine, unsafe=True),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report engines of an official image that is rebuilt no more, and hosts' engines that nobody patches."""
    place = engine.version_place
    line = engine_versions.lifecycle(engine.version or ()) if engine.ended else None
    if place is None or line is None:
        return
    ways = len(engine_versions.breakouts(engine.version or ()))
    known = f" with {ways} known container escape{'s' if ways > 1 else ''}" if ways else ""
    message = f"{engine} is Docker {line.line}, which {line.end}{known} (as of {engine_versions.as_of()})"
    thrown_away = engine.container is not None and engine.container.hosted_machine is not None
    lesser = not line.over or engine.packaged_by_others or thrown_away
    yield Problem(place, message, severity=Severity.MEDIUM if lesser else None)
