"""An engine's version has known container escapes.

## Why it matters
A nested engine exists to run what others wrote. In these versions that code can leave its container by itself and is
then root beside dockerd, which mostly runs privileged: the next step is the host. Before 28.5.2 and 29.0.0 runc could
be tricked into writing to `/proc` (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881); before 29.5.1 `docker cp` into a
container ran the container's own decompressor as root (CVE-2026-41567).

## Instead
Use engine 29.5.1 or later; 29.10.0 was the newest when these facts were gathered.

```yaml
services:
  dind:
    image: docker:29.10.0-dind
```

## When it is fine
When only images of your own run inside, and nobody copies from their containers. The version in a tag says
nothing about an engine elsewhere, so a client's image is never blamed.

## References
- https://github.com/opencontainers/runc/security/advisories
- https://github.com/moby/moby/releases
- MITRE ATT&CK T1611; CWE-1395
"""

from collections.abc import Iterator

from dindguard.api import (
    Confidence,
    Engine,
    Fixer,
    Problem,
    Severity,
    engine_versions,
    remedies,
    rule,
)


@rule(
    "vulnerable-engine",
    each=Engine,
    severity=Severity.HIGH,
    category="image",
    cwe=1395,
    since="0.1.0",
    asks=("has_breakouts",),
    fixes=(Fixer("names the newest release", remedies.newer_engine),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report maintained engines with a known breakout; an ended line is reported as such, holes included."""
    place = engine.version_place
    holes = engine_versions.breakouts(engine.version or ()) if engine.has_breakouts else ()
    if place is not None and holes:
        more = f" and {len(holes) - 1} more" if len(holes) > 1 else ""
        known = f"{holes[-1].id}{more} (as of {engine_versions.as_of()})"
        confidence = Confidence.LOW if engine.packaged_by_others else Confidence.HIGH
        yield Problem(place, f"the containers of {engine} can break out: {known}", confidence=confidence)
