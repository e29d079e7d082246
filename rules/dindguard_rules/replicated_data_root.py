"""Every copy of an engine keeps its state in the same place.

## Why it matters
Replicas, jobs that run at once and the overlap of a rolling update start the same daemon twice on one data root.
The second waits for the first's lock and gives up, or, on a network file system, both write and corrupt it.

## Instead
State of its own for each copy: an anonymous volume, an `emptyDir`, a StatefulSet with `volumeClaimTemplates`, or
`strategy: {type: Recreate}` where a single copy must keep its volume.

```yaml
volumeClaimTemplates:
  - metadata: {name: docker}
    spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 20Gi}}}
```

## When it is fine
With one copy, and an update that stops the old one first.

## References
- https://docs.docker.com/reference/cli/dockerd/#run-multiple-daemons
- https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
- https://github.com/argoproj/argo-workflows/issues/1426
"""

from collections.abc import Iterator

from dindguard.api import Engine, Medium, Problem, Replicas, Severity, reason, rule


@rule(
    "replicated-data-root",
    each=Engine,
    severity=Severity.CRITICAL,
    category="data-root",
    since="0.1.0",
    asks=("data_mount",),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report data roots that several copies of one container share."""
    mount = engine.data_mount
    if mount is None or engine.container is None or mount.storage is None or mount.storage.per_replica:
        return
    if mount.sub_path is not None and mount.sub_path.unknown:
        return
    several = engine.container.several_on(mount)
    if several is None:
        return
    replicas = several if isinstance(several, Replicas) else None
    overlap_only = replicas is not None and not replicas.several and not replicas.per_node
    severity = Severity.CRITICAL if mount.storage.medium is Medium.NETWORK else Severity.HIGH
    when = (
        "an update starts a second copy on the same one"
        if overlap_only
        else "several copies run at once on the same one"
    )
    if replicas is not None and replicas.per_run:
        when = "nothing keeps two runs from using it at once"
    message = f"{engine} keeps its state in {mount.storage.label}, and {when}"
    declared = reason("the volume they share is declared here", mount.declared)
    because = (reason("so many run, or may run, at once", several), declared)
    yield Problem(mount, message, because, Severity.MEDIUM if overlap_only else severity)
