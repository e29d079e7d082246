"""How many copies of a pod run at once, and whether an update makes two overlap."""

from __future__ import annotations

from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.resources import Resource
from dindguard.model.workload import Replicas
from dindguard.records import record, replace

_COUNTED = frozenset(
    {
        "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout", "DeploymentConfig", "CloneSet",
        "RunnerDeployment", "RunnerReplicaSet", "RunnerSet", "EphemeralRunnerSet",
    }
)  # fmt: skip
_RUN_MANY_TIMES = frozenset(
    {"Task", "ClusterTask", "Pipeline", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow", "ProwJob"}
)
"""Kinds of which every run makes pods of its own."""
_RUNS = frozenset({"Workflow", "TaskRun", "PipelineRun"})
"""Kinds that are one run; one with a generated name is made to be handed in again and again."""
_SURGING = frozenset({"Deployment", "Rollout", "DeploymentConfig", "RunnerDeployment"})
SCALERS = {
    "HorizontalPodAutoscaler": "maxReplicas",
    "HorizontalRunnerAutoscaler": "maxReplicas",
    "ScaledObject": "maxReplicaCount",
}
"""Kinds of autoscalers, and what they call the most copies."""


@record
class Scaler:
    """What an autoscaler scales, and to how many copies at most."""

    kind: str
    name: str
    most: Replicas | None


def replicas(resource: Resource, cluster: Cluster) -> Replicas | None:
    """Return the copies of a workload; ``None`` where its kind does not tell."""
    kind, spec = resource.kind, resource.node["spec"]
    if kind == "Pod":
        return Replicas(1, resource.span)
    if kind == "DaemonSet":
        surge = spec["updateStrategy"]["rollingUpdate"]["maxSurge"].content
        return Replicas(1, resource.span, per_node=True, overlap=surge not in ("", "0", "0%"))
    if kind == "Job":
        return _number(spec["parallelism"], resource)
    if kind == "CronJob":
        found = _number(spec["jobTemplate"]["spec"]["parallelism"], resource)
        policy = spec["concurrencyPolicy"]
        return replace(found, per_run=policy.content not in ("Forbid", "Replace"))
    if kind == "AutoscalingRunnerSet":
        most = spec["maxRunners"]
        return _number(most, resource) if most.is_scalar else Replicas(None, resource.span)
    if kind in _RUN_MANY_TIMES:
        alone = kind == "CronWorkflow" and spec["concurrencyPolicy"].content in ("Forbid", "Replace")
        return Replicas(1, resource.span, per_run=not alone)
    if kind in _RUNS and resource.node["metadata"]["generateName"].present:
        return Replicas(1, resource.span, per_run=not spec["synchronization"].present)
    if kind not in _COUNTED:
        return None
    found = _scaled(resource, cluster) or _number(spec["replicas"], resource)
    return replace(found, overlap=kind in _SURGING and _surges(spec["strategy"]))


def _number(node: Node, resource: Resource) -> Replicas:
    if not node.is_scalar or node.is_null:
        return Replicas(1, resource.span)
    return Replicas(node.integer, node.span)


def _scaled(resource: Resource, cluster: Cluster) -> Replicas | None:
    for each in cluster.beside(resource, *SCALERS):
        found = scaler(each, cluster)
        if found.name == resource.name and found.kind in ("", resource.kind) and found.most is not None:
            return found.most
    return None


def scaler(resource: Resource, cluster: Cluster) -> Scaler:
    """Return what an autoscaler says."""
    if resource not in cluster.scalers:
        target, most = resource.node["spec"]["scaleTargetRef"], resource.node["spec"][SCALERS[resource.kind]]
        cluster.scalers[resource] = Scaler(
            target["kind"].content,
            target["name"].content,
            Replicas(most.integer, most.span) if most.is_scalar else None,
        )
    return cluster.scalers[resource]


def _surges(strategy: Node) -> bool:
    """Whether an update starts the new pod before the old one is gone: the default does (25 %, rounded up)."""
    if strategy["type"].content == "Recreate":
        return False
    return strategy["rollingUpdate"]["maxSurge"].content not in ("0", "0%")
