"""An engine cannot write the certificates it makes.

## Why it matters
The official entry point makes certificates at every start. With a read-only directory it stops there; in images
built before February 2023 (20.10.23 and older) it went on *without TLS*, silently, on port 2375.

## Instead
Remove `:ro` from the engine's certificate mounts; it belongs on the clients'.

```yaml
services:
  dind:
    volumes: ["certs-client:/certs/client"]
  job:
    volumes: ["certs-client:/certs/client:ro"]
```

What a Secret holds is read-only. Give the engine an emptyDir there, or name the Secret's files by `--tlscacert`, `--tlscert`
and `--tlskey`.

## When it is fine
With certificates of your own in `server/` and no `ca/key.pem`: then nothing is written.

## References
- https://hub.docker.com/_/docker
- docker-library/docker `dockerd-entrypoint.sh`
"""

from collections.abc import Iterator

from dindguard.api import (
    Edit,
    Engine,
    Fixer,
    Give,
    MountKind,
    Problem,
    Severity,
    reason,
    rule,
)

NEVER_WRITABLE = (MountKind.SECRET, MountKind.CONFIG)
ALWAYS_READ_ONLY = (
    "Give the engine a directory there that it can write (an emptyDir), which nobody can to a Secret; or mount the Secret"
    " elsewhere and name its files (--tlscacert=… --tlscert=… --tlskey=…)"
)


def fix(engine: Engine, problem: Problem) -> Iterator[Edit]:
    """Make the mount writable that the entry point writes to, if that can be had."""
    for mount in engine.certificates.mounts if engine.certificates is not None else ():
        if mount.read_only is problem.at and mount.kind not in NEVER_WRITABLE:
            yield Give(mount, "read_only", False)


@rule(
    "read-only-certificate-directory",
    each=Engine,
    severity=Severity.HIGH,
    category="daemon-api",
    since="0.1.0",
    asks=("certificates.mounts",),
    fixes=(Fixer("makes the mount of the certificates writable for the engine", fix),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report read-only mounts where the entry point writes certificates."""
    certificates = engine.certificates
    if certificates is None or any(
        mount.target.value == f"{certificates.directory}/server" for mount in certificates.mounts
    ):
        return
    old = engine.version is not None and engine.version < (20, 10, 24)
    for mount in certificates.mounts:
        if mount.read_only.on:
            outcome = "then listens without TLS" if old else "stops there"
            message = f"{engine} makes certificates in {mount.target}, cannot write them, and {outcome}"
            because = (reason("the certificates are made here", mount.target),)
            severity = Severity.HIGH if old else Severity.MEDIUM
            instead = ALWAYS_READ_ONLY if mount.kind in NEVER_WRITABLE else ""
            yield Problem(mount.read_only, message, because, severity, instead=instead)
