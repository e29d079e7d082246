"""An engine in gVisor or Kata has no file system that can store its images.

## Why it matters
An overlay file system needs a real one beneath. In Kata the image's volume at `/var/lib/docker` comes through
virtiofs, where the engine doesn't start, or silently takes the driver that copies every layer. In gVisor the
containerd store, which is the default since Engine 29, can't mount its overlay unless the data root is a tmpfs.

## Instead
Give the data root memory, or in Kata a block volume:

```yaml
spec:
  runtimeClassName: kata
  containers:
    - name: dind
      image: docker:29.7.2-dind
      volumeMounts: [{name: engine, mountPath: /var/lib/docker}]
  volumes:
    - name: engine
      emptyDir: {medium: Memory, sizeLimit: 4Gi}
```
```yaml
services:
  dind:
    image: docker:29.7.2-dind
    runtime: runsc
    tmpfs: ["/var/lib/docker"]
```
gVisor works without it with `dockerd --feature containerd-snapshotter=false` or Engine 28.

## When it is fine
Kata with a virtiofs that carries extended attributes, on a kernel that allows overlays there.

## References
- https://gvisor.dev/docs/tutorials/docker-in-gvisor/
- https://github.com/kata-containers/kata-containers/blob/main/docs/how-to/how-to-run-docker-with-kata.md
"""

from collections.abc import Iterator

from dindguard.api import Engine, Problem, Severity, reason, rule, unfit_storage


@rule(
    "sandbox-without-storage",
    each=Engine,
    severity=Severity.MEDIUM,
    category="sandbox",
    since="0.1.0",
    asks=("container.sandbox_evidence",),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report Docker engines in gVisor or Kata whose data root their storage can't use."""
    why = unfit_storage(engine)
    if why and engine.container is not None and engine.container.sandbox_evidence is not None:
        sandbox = engine.container.sandbox_evidence
        yield Problem(
            engine.data_mount or sandbox, f"{engine} {why}", because=(reason("the sandbox it runs in", sandbox),)
        )
