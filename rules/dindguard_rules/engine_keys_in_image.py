"""An image contains the keys to an engine or a registry.

## Why it matters
Whoever can pull the image has what was copied into it, and deleting it in a later layer does not help. A
client's key commands the engine, a certificate authority's key makes clients for it, `.docker/config.json`
pushes to the registry.

## Instead
Mount them when they are used: a secret of the build, or a volume of the container.

```dockerfile
RUN --mount=type=secret,id=docker-config,target=/root/.docker/config.json docker push …
```

## When it is fine
With certificates of a test that is torn down with its authority.

## References
- https://docs.docker.com/build/building/secrets/
- https://docs.docker.com/engine/security/protect-access/
- CIS Docker Benchmark 4.10; CWE-538; MITRE ATT&CK T1552.001
"""

from collections.abc import Iterator

from dindguard.api import Container, EngineSecret, Problem, Severity, engine_secret, rule


@rule(
    "engine-keys-in-image",
    each=Container,
    severity=Severity.HIGH,
    category="build",
    cwe=538,
    since="0.1.0",
    asks=("copied",),
    formats="the other formats copy no files into images",
)
def check(container: Container) -> Iterator[Problem]:
    """Report keys and registry credentials that an image build copies in."""
    if container.discarded:
        return
    for copied in container.copied:
        what = engine_secret(copied)
        if what is not None:
            severity = Severity.HIGH if what is EngineSecret.KEY else Severity.MEDIUM
            yield Problem(
                copied, f"{container} contains {what}, readable by everybody who can pull it", severity=severity
            )
