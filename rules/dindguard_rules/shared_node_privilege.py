"""A pod that can become root on its node may run on any node.

## Why it matters
A privileged engine, or the node's own engine behind a socket, makes the pod's users root on the node sooner or later, and
with it on every other pod there: their secrets, volumes and service account tokens. Without a node selector or a required
affinity the scheduler puts it beside whatever the cluster runs.

## Instead
Nodes that run nothing else, kept free by a taint:

```yaml
spec:
  nodeSelector:
    workload: ci
  tolerations:
    - {key: workload, value: ci, effect: NoSchedule}
```

## When it is fine
In a cluster that exists for such pods only, or with an admission policy that adds the selector.

## References
- https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
- https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
- MITRE ATT&CK T1611; CWE-653
"""

from collections.abc import Iterator

from dindguard.api import ContainerKind, Mount, Problem, Profile, Severity, Workload, leads_to_host, reason, rule


@rule(
    "shared-node-privilege",
    each=Workload,
    severity=Severity.MEDIUM,
    category="cluster",
    cwe=653,
    since="0.1.0",
    profile=Profile.ALL,
    formats="of the formats, only pods are put on nodes by a scheduler",
    asks=("placement",),
)
def check(workload: Workload) -> Iterator[Problem]:
    """Report pods with a way to their node and nothing that says which nodes may be lost."""
    placement = workload.placement
    everywhere = workload.replicas is not None and workload.replicas.per_node
    if placement is None or placement.node_selector or placement.has_affinity or everywhere:
        return
    for container in workload.containers:
        way = leads_to_host(container)
        runs_others_code = container.runs_containers or container.kind is ContainerKind.RUNNER_DEFAULT
        if way is not None and (runs_others_code or isinstance(way, Mount)):
            message = f"{workload} may run on any node, and {container} can become root there"
            yield Problem(workload, message, because=(reason("this makes it root on its node", way),))
            return
