"""What each document of a scan says by itself: its objects, and of each what every pod asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from dindguard.documents.tree import Node
from dindguard.formats import Document
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.machines import makes_machines
from dindguard.formats.kubernetes.network_policies import policy_of
from dindguard.formats.kubernetes.openings import selector_of
from dindguard.formats.kubernetes.openshift import build_templates, is_build
from dindguard.formats.kubernetes.placeholders import Placeholders
from dindguard.formats.kubernetes.podspecs import PodTemplate, pod_templates
from dindguard.formats.kubernetes.replicas import SCALERS, scaler
from dindguard.formats.kubernetes.resources import Resource, resources
from dindguard.formats.kubernetes.runners import runner_templates
from dindguard.formats.kubernetes.steps import step_templates
from dindguard.records import record, replace
from dindguard.source import Notice

if TYPE_CHECKING:
    from dindguard.formats.kubernetes.network_policies import Policy
    from dindguard.formats.kubernetes.replicas import Scaler
    from dindguard.model.values import Text

    Told: TypeAlias = Policy | Scaler | frozenset[tuple[str, str]] | None

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
WORKLOADS = frozenset({"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"})
"""Kinds that describe pods, which need not be looked for before they are read."""

_GROUPS = ("", "apps", "batch", "extensions", "autoscaling", "policy", "kustomize.config.k8s.io")


def is_known(resource: Resource) -> bool:
    """Whether all that such an object can say about containers is read."""
    group = resource.group
    return hands_on(resource) or group in _GROUPS or (group.endswith(".k8s.io") and not group.endswith(".x-k8s.io"))


def hands_on(resource: Resource) -> bool:
    """Whether an object holds documents of other formats."""
    return is_build(resource) or makes_machines(resource)


def templates(resource: Resource) -> tuple[list[PodTemplate], list[Notice]]:
    """Return the pods of an object, and what is to be said of how it describes them."""
    notices: list[Notice] = []
    if is_build(resource):
        return [*build_templates(resource)], notices
    found = [*runner_templates(resource)] or step_templates(resource, notices) or [*pod_templates(resource)]
    return found, notices


def is_kustomization(document: Document) -> bool:
    """Whether a document is a kustomization, of whatever name its file is."""
    node: Node = document.content
    version = node["apiVersion"].content
    if version:
        return version.startswith("kustomize.config.k8s.io/")
    return document.source.parent is None and document.source.name in KUSTOMIZATIONS


class Object:
    """An object of a document, which travels without nodes: it has to be the whole document then.

    ``idle`` tells that it describes no pod, and says nothing else; ``told`` is what a Service, a policy or an autoscaler says.
    """

    __slots__ = ("idle", "resource", "root", "told")

    def __init__(self, resource: Resource, root: Node, told: Told = None, idle: bool = False) -> None:
        self.resource = resource
        self.root = root
        self.told = told
        self.idle = idle

    def tell(self, cluster: Cluster) -> None:
        """Have a cluster know what was looked at."""
        kind, resource, told = self.resource.kind, self.resource, self.told
        if self.idle:
            cluster.idle.add(resource)
        if told is not None:
            known: dict[Resource, Any] = _noted_in(kind, cluster)
            known[resource] = told

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole document, which may be read with values for its placeholders."""
        node, root = self.resource.node, self.root
        return node is root or (self._values is not None and (node.start, node.end) == (root.start, root.end))

    @property
    def _values(self) -> Mapping[str, Text] | None:
        scope = self.resource.node.scope
        return scope.values if isinstance(scope, Placeholders) and self.root.scope is None else None

    def afresh(self) -> Object:
        """Return the object of a whole document as if nobody had read it: it holds no more of that than the document does."""
        values = self._values
        return self if values is None else _arrived(self.resource, self.root, self.told, self.idle, values)

    def __reduce__(self) -> tuple[Callable[..., Object], tuple[Any, ...]]:
        return _arrived, (replace(self.resource, node=self.root), self.root, self.told, self.idle, self._values)


def _arrived(resource: Resource, root: Node, told: Told, idle: bool, values: Mapping[str, Text] | None) -> Object:
    if values is not None:
        resource = replace(resource, node=root.scoped(Placeholders(values)))
    return Object(resource, root, told, idle)


@record(slots=True)
class Seen:
    """What a document says by itself."""

    kustomization: bool
    objects: tuple[Object, ...] = ()


def looked_at(document: Document) -> Seen | None:
    """Return what a document says by itself, and hold none of its nodes: they may be let go of until it is read.

    Nothing of one that has several objects, which are parts of it: whoever reads it looks again.
    """
    if is_kustomization(document):
        return Seen(True)
    root: Node = document.content
    objects = []
    for resource in resources(document.source, root):
        if not (each := _looked_at(resource, root)).is_whole:
            return None
        objects.append(each.afresh())
    return Seen(False, tuple(objects))


def seen_in(document: Document) -> Seen:
    """Return what a document says by itself."""
    root: Node = document.content
    if is_kustomization(document):
        return Seen(True)
    return Seen(False, tuple(_looked_at(each, root) for each in resources(document.source, root)))


def _looked_at(resource: Resource, root: Node) -> Object:
    """Return an object with what it says that every pod asks for, and whether it describes none itself."""
    kind, cluster = resource.kind, Cluster()
    told: Told = None
    if kind == "Service":
        told = selector_of(resource, cluster)
    elif kind == "NetworkPolicy":
        told = policy_of(resource, cluster)
    elif kind in SCALERS:
        told = scaler(resource, cluster)
    # What has no kind is here because it describes pods.
    may_be_idle = bool(kind) and kind not in WORKLOADS and not hands_on(resource) and is_known(resource)
    idle = may_be_idle and templates(resource) == ([], [])
    return Object(resource, root, told, idle)


def _noted_in(kind: str, cluster: Cluster) -> dict[Resource, Any]:
    """Return where a cluster notes what objects of a kind say."""
    if kind == "Service":
        return cluster.selectors
    return cluster.policies if kind == "NetworkPolicy" else cluster.scalers
