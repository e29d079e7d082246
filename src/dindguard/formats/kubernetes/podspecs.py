"""Where pods are described: the workload kinds, and a PodSpec recognised by its shape anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.resources import Resource
from dindguard.model.container import Container, ContainerKind
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.source import Source, Span

_TEMPLATED = frozenset(
    {
        "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "Rollout",
        "DeploymentConfig", "CloneSet", "BroadcastJob", "AutoscalingRunnerSet", "RunnerSet",
    }
)  # fmt: skip
_PATHS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_TEMPLATED, ("spec", "template")),
    "Pod": (),
    "PodTemplate": ("template",),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "AdvancedCronJob": ("spec", "template", "jobTemplate", "spec", "template"),
    "ScaledJob": ("spec", "jobTargetRef", "template"),
    "Configuration": ("spec", "template"),
    "Revision": (),
}
TEKTON = "tekton.dev"
"""The group of objects whose steps and sidecars are containers of a pod."""
_KNATIVE = "serving.knative.dev"
_CONTAINER_KEYS = frozenset(
    {
        "image", "command", "args", "env", "envFrom", "ports", "securityContext", "volumeMounts", "resources",
        "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "imagePullPolicy", "workingDir",
    }
)  # fmt: skip
_LISTS = (
    ("initContainers", ContainerKind.INIT),
    ("containers", ContainerKind.POD_MEMBER),
    ("ephemeralContainers", ContainerKind.EPHEMERAL),
)
_PODS_LISTS = frozenset(name for name, _ in _LISTS)


@record
class Member:
    """One container of a pod as it is written; ``group`` is the list it stands in.

    ``default_name`` is the platform's name for one without a name. ``alone`` tells that ``group`` is no list.
    """

    node: Node
    group: str
    kind: ContainerKind
    index: int
    default_name: str = ""
    alone: bool = False

    @property
    def name(self) -> str:
        """Its name, as typed, or the platform's; empty when there is none."""
        return self.node["name"].content or self.default_name

    @property
    def step(self) -> str:
        """Its place in the pod: ``containers.dind``."""
        if self.alone:
            return self.group
        return f"{self.group}.{self.name}" if self.name else f"{self.group}[{self.index}]"

    @property
    def span(self) -> Span:
        """Where its name is written, else its image, else its beginning."""
        for key in ("name", "image"):
            if self.node[key].is_scalar:
                return self.node[key].span
        return self.node.source.span(self.node.start, self.node.start, self.node.route)

    @property
    def always(self) -> bool:
        """Whether it is an init container that stays: a native sidecar."""
        return self.kind is ContainerKind.INIT and self.node["restartPolicy"].content == "Always"


class Platform(Protocol):
    """What a controller makes of a pod before it starts it."""

    def adjusted(self, container: Container) -> Container:
        """Return a container with what the controller changes about it."""

    def added(self, address: str, containers: tuple[Container, ...]) -> tuple[Container, ...]:
        """Return the containers that the controller adds to those that are written."""


@record
class PodTemplate:
    """One pod that a document describes. ``spec`` is a PodSpec or what holds its keys.

    ``wrapped`` tells that it was found by its shape alone.
    """

    resource: Resource
    address: str
    name: str
    span: Span
    spec: Node
    metadata: Node
    members: tuple[Member, ...]
    wrapped: bool = False
    claims: Node | None = None
    platform: Platform | None = None


def is_pod_spec(node: Node) -> bool:
    """Whether a mapping has the shape of a PodSpec: a list ``containers`` of mappings that are containers."""
    containers = node["containers"]
    if not containers.is_sequence:
        return False
    items = containers.items()
    return bool(items) and all(item.is_mapping for item in items) and any(_is_container(item) for item in items)


def _is_container(item: Node) -> bool:
    keys = frozenset(item.keys())
    if "container" in keys:
        return False  # an Azure pipeline's resource
    if item["image"].is_scalar:
        return True
    return item["name"].is_scalar and bool(keys & _CONTAINER_KEYS)


def members(spec: Node) -> tuple[Member, ...]:
    """Return the containers of a PodSpec: init containers first, as they start."""
    return tuple(
        Member(item, group, kind, index)
        for group, kind in _LISTS
        for index, item in enumerate(spec[group])
        if item.is_mapping
    )


def _further_members(spec: Node) -> tuple[Member, ...]:
    """Return the containers that an object of a kind of its own lists beside a pod's: ``sidecars``, ``extraContainers``."""
    return tuple(
        Member(
            item,
            key.content,
            ContainerKind.INIT if "init" in key.content.lower() else ContainerKind.POD_MEMBER,
            index,
        )
        for key, value in spec.pairs()
        if key.content.endswith(("ontainers", "idecars")) and key.content not in _PODS_LISTS
        for index, item in enumerate(value.items())
        if item.is_mapping and _is_container(item)
    )


def pod_templates(resource: Resource) -> Iterator[PodTemplate]:
    """Yield the pods that an object of a known kind holds; of any other, what looks like a PodSpec."""
    path = _PATHS.get(resource.kind)
    if path is None and resource.group == _KNATIVE and resource.kind == "Service":
        path = ("spec", "template")
    if path is None:
        yield from _by_shape(resource)
        return
    holder = resource.node.at(*path)
    spec = holder["spec"]
    found = members(spec)
    if found:
        claims = resource.node["spec"]["volumeClaimTemplates"]
        yield PodTemplate(
            resource, resource.address, resource.name, resource.span, spec, holder["metadata"], found, claims=claims
        )


_WITHOUT_PODS = frozenset({
    "APIService", "CiliumNetworkPolicy", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "HorizontalPodAutoscaler", "Ingress",
    "LimitRange", "Namespace", "NetworkPolicy", "PersistentVolume", "PersistentVolumeClaim", "PodDisruptionBudget",
    "PriorityClass", "ResourceQuota", "Role", "RoleBinding", "Secret", "Service", "ServiceAccount", "StorageClass",
    "VerticalPodAutoscaler",
})  # fmt: skip
"""Kinds that describe no pods, in which none are looked for."""

_POSSIBLE = regex(r"containers|\\[xuU]")
"""Without one of these, a text holds no PodSpec; an escape may spell the word."""


def _by_shape(resource: Resource) -> Iterator[PodTemplate]:
    node = resource.node
    if resource.kind in _WITHOUT_PODS:
        return
    text = resource.source.text
    if resource.overlay is None and "{{" not in text and not _POSSIBLE.search(text, node.start, node.end):
        return
    for spec, holder, way in _pod_specs(resource.node):
        route = ".".join(part for part, _ in way).replace(".[", "[")
        name = resource.name or next((part for part, named in reversed(way) if named), "")
        prefix = resource.address if resource.kind else ""
        if not resource.kind and resource.name:
            prefix = f"-/{resource.namespace or '-'}/{resource.name}{resource.address}"
        address = ".".join(part for part in (prefix, route) if part)
        span = resource.span if resource.name else spec.key_span
        found = (*members(spec), *_further_members(spec))
        yield PodTemplate(resource, address, name, span, spec, holder["metadata"], found, wrapped=True)


Way = tuple[tuple[str, bool], ...]
"""The steps to a place; each tells whether it is the name of a list's item."""


@record
class _Searched:
    """Stands behind all that is below a place: how often anything was told until then."""

    place: tuple[Source, int, int]
    told: int


def _pod_specs(root: Node) -> Iterator[tuple[Node, Node, Way]]:
    """Yield every PodSpec below ``root``, what holds it, and the way there.

    A place below which there was none is not searched again: many aliases may lead to it.
    """
    stack: list[tuple[Node, Node, Way, frozenset[tuple[Source, int, int]]] | _Searched] = [
        (root, root, (), frozenset())
    ]
    repeated = -len(root.source.text)  # what is written has no more values than its file has characters
    beginning = root.source.span(root.start, root.start)
    told = 0  # PodSpecs, and ways that were not followed to their ends
    barren: set[tuple[Source, int, int]] = set()
    while stack and budget.within(budget.POD_SEARCH, repeated, beginning):
        top = stack.pop()
        if isinstance(top, _Searched):
            if top.told == told:
                barren.add(top.place)
            continue
        node, holder, way, above = top
        repeated += 1
        place = (node.source, node.start, node.end)
        if node.is_scalar or place in barren:
            continue
        if place in above or not budget.within(budget.POD_DEPTH, len(above), node):
            told += 1
            continue
        if node.is_mapping and is_pod_spec(node):
            told += 1
            yield node, holder, way
            continue
        below = above | {place}
        if node.is_mapping:
            children = [(value, (*way, (key.content, False))) for key, value in node.pairs()]
        else:
            children = [(item, (*way, _item_step(item, index))) for index, item in enumerate(node.items())]
        stack.append(_Searched(place, told))
        stack.extend((child, node, steps, below) for child, steps in reversed(children))


def _item_step(item: Node, index: int) -> tuple[str, bool]:
    name = item["name"].content if item["name"].is_scalar else ""
    return (name, True) if name else (f"[{index}]", False)
