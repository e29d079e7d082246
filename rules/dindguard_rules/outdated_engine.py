"""An engine's version has known vulnerabilities that do not lead out of its containers.

## Why it matters
Authorization plugins that can be bypassed, a daemon on TCP that can be stopped remotely (before 29.9.0), a label
that runs a program through containerd's Kubernetes interface: none of them ends on the host by itself, each is
closed in a later release.

## Instead
Take the newest release of the line:

```yaml
services:
  dind:
    image: docker:29.10.0-dind
```

## When it is fine
Without authorization plugins, and with an engine that listens on a socket only.

## References
- https://github.com/moby/moby/releases
- https://github.com/containerd/containerd/security/advisories
- CWE-1395
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    EngineProduct,
    Fixer,
    Problem,
    Profile,
    Severity,
    engine_versions,
    remedies,
    rule,
)


@rule(
    "outdated-engine",
    each=Engine,
    severity=Severity.LOW,
    category="image",
    cwe=1395,
    since="0.1.0",
    profile=Profile.ALL,
    fixes=(Fixer("names the newest release", remedies.newer_engine),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report maintained engines with holes that are no breakout."""
    place, version = engine.version_place, engine.version
    if place is None or version is None or engine.product is not EngineProduct.DOCKER:
        return
    line = engine_versions.lifecycle(version)
    over = line is not None and (line.image_over if engine.container is not None else line.over)
    if line is None or over or engine_versions.breakouts(version):
        return
    holes = engine_versions.vulnerabilities(version)
    if holes:
        known = f"{', '.join(hole.id for hole in holes)} (as of {engine_versions.as_of()})"
        yield Problem(place, f"{engine} has known vulnerabilities: {known}")
