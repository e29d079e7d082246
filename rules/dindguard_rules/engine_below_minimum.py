"""An engine is older than the organisation's minimum.

## Why it matters
The configuration's `minimum-engine` states the lowest engine version that is accepted; what runs below it misses the
fixes, or the defaults, for which the minimum was set. Without that setting this rule says nothing.

## Instead
Raise the image's tag; on a host, update the engine's packages:

```yaml
services:
  dind:
    image: docker:29.10.0-dind
```

## When it is fine
With a waiver that has an expiry date.

## References
- https://docs.docker.com/engine/release-notes/
- CWE-1104
"""

from collections.abc import Iterator

from dindguard.api import EngineProduct, Model, Problem, Severity, engine_versions, rule


@rule(
    "engine-below-minimum",
    each=Model,
    severity=Severity.HIGH,
    category="image",
    cwe=1104,
    since="0.1.0",
    asks=("policy.minimum_engine",),
)
def check(model: Model) -> Iterator[Problem]:
    """Report engines whose version is known to be below the policy's minimum."""
    minimum = model.policy.minimum_engine
    for engine in model.engines if minimum else ():
        place = engine.version_place
        if place is None or engine.product is not EngineProduct.DOCKER or engine.version is None:
            continue
        if engine_versions.below(engine.version, minimum):
            message = f"{engine} is older than {'.'.join(map(str, minimum))}, the minimum of the policy"
            yield Problem(place, message, subject=engine.container or engine)
