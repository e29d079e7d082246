"""Where a pod may run, and what its namespace and its service account give it."""

from __future__ import annotations

from collections.abc import Mapping

from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.resources import Resource
from dindguard.formats.kubernetes.values import boolean
from dindguard.model.values import Flag, Text, unset
from dindguard.model.workload import Placement


def placement(spec: Node, resource: Resource, cluster: Cluster) -> Placement:
    """Return a pod's placement, the labels of its namespace among it."""
    namespace = cluster.find_global("Namespace", resource.namespace, resource)
    selector = _texts(spec["nodeSelector"])
    node_name = written(spec["nodeName"])
    if node_name is not None:
        selector = {**selector, "kubernetes.io/hostname": node_name}
    affinity = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return Placement(
        namespace=resource.namespace,
        node_selector=selector,
        has_affinity=affinity.is_mapping,
        tolerations=tuple(item.span for item in spec["tolerations"] if item.is_mapping),
        service_account_token=_token(spec, resource, cluster),
        namespace_labels=_texts(namespace.labels) if namespace is not None else _NO_TEXTS,
        namespace_span=namespace.span if namespace is not None else None,
    )


_NO_TEXTS: Mapping[str, Text] = {}
"""What most pods have."""


def _texts(mapping: Node) -> Mapping[str, Text]:
    return {key.content: value.value for key, value in mapping.pairs() if value.is_scalar} or _NO_TEXTS


def _token(spec: Node, resource: Resource, cluster: Cluster) -> Flag:
    """Return whether the pod gets a token of the API server: it does unless the pod or its account says no."""
    name = "automountServiceAccountToken"
    if written(spec[name]):
        return boolean(spec[name], name)
    account = spec["serviceAccountName"].content or spec["serviceAccount"].content or "default"
    found = cluster.find("ServiceAccount", account, resource)
    if found is not None and written(found.node[name]):
        return boolean(found.node[name], name)
    return unset(resource.span, name, state=True)
