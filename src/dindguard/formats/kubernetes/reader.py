"""Kubernetes: every workload kind, and a PodSpec wherever one is recognised by its shape.

Objects are collected first, over all files, because they explain each other: a Service opens a port of a pod
elsewhere, a claim leads to a volume, a namespace's labels say what its pods may do, an overlay changes a base.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeAlias

from dindguard import memory
from dindguard.documents.unknown import undecided
from dindguard.formats import Context, Document, Reading, Unread
from dindguard.formats.kubernetes import configmaps, kustomize
from dindguard.formats.kubernetes.cluster import Asked, Cluster
from dindguard.formats.kubernetes.network_policies import policy_of
from dindguard.formats.kubernetes.openings import Opening, Services, selector_of
from dindguard.formats.kubernetes.owners import Owners
from dindguard.formats.kubernetes.pods import ReadPod, read_pod
from dindguard.formats.kubernetes.podspecs import PodTemplate, pod_templates
from dindguard.formats.kubernetes.policy_tests import PolicyTests
from dindguard.formats.kubernetes.releases import handed_on, of_kustomization
from dindguard.formats.kubernetes.replicas import SCALERS, scaler
from dindguard.formats.kubernetes.resources import Resource
from dindguard.formats.kubernetes.runners import runner_templates
from dindguard.formats.kubernetes.steps import step_templates
from dindguard.model.container import Container
from dindguard.model.workload import Workload
from dindguard.records import replace
from dindguard.scripts.runner_variables import runners
from dindguard.source import Notice, Source


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all manifests of a scan."""
    reading = Reading()
    cluster = Cluster()
    look = partial(_look, cluster)
    resources, kustomizations = kustomize.collect(documents, context, reading.notices, reading.unread, look)
    for resource, _ in resources:
        if resource.kind not in _WORKLOADS:  # nobody asks for those, so they go when they have been read
            cluster.add(resource)
    owners_of_text = {each.source: each.owner for each in documents if each.owner is not None}
    pods = _Pods(cluster, reading, context, owners_of_text)
    owners = Owners(resource for resource, _ in resources)
    resources.reverse()
    while resources:
        resource, is_workload = resources.pop()
        if is_workload and resource not in cluster.idle and not owners.cover(resource):
            pods.read(resource)
        resource.node.fold()
        cluster.give_back()
    reading.embedded += [each for each in map(of_kustomization, kustomizations) if each is not None]
    reading.embedded.extend(configmaps.embedded(cluster, pods.mounted, reading.unread, context))
    return reading


def _look(cluster: Cluster, resource: Resource) -> None:
    """Note what an object says that every pod asks for, and whether it describes none itself."""
    if resource.kind == "Service":
        selector_of(resource, cluster)
    elif resource.kind == "NetworkPolicy":
        policy_of(resource, cluster)
    elif resource.kind in SCALERS:
        scaler(resource, cluster)
    if not resource.kind or resource.kind in _WORKLOADS:  # what has no kind is here because it describes pods
        return
    if _is_known(resource) and _templates(resource) == ([], []):
        cluster.idle.add(resource)


class _Pods:
    """Reads the pods that objects describe into ``reading``, and remembers what they mount."""

    def __init__(
        self,
        cluster: Cluster,
        reading: Reading,
        context: Context,
        senders: Mapping[Source, Container],
    ) -> None:
        """``senders`` are the containers whose texts hold sources."""
        self._cluster = cluster
        self._again = context.again
        self._reading = reading
        self._senders = senders
        self._tests = PolicyTests(context)
        self._services = Services(cluster)
        self._seen: Counter[tuple[str, str, int]] = Counter()
        self.mounted = configmaps.Mounted(cluster)

    def read(self, resource: Resource) -> None:
        """Read the pods of one object; what asks for a chart's release is handed on."""
        reading = self._reading
        release = handed_on(resource, self._cluster)
        if release is not None:
            reading.embedded.append(release)
            return
        templates, notices = self._again("templates", (resource,), partial(_templates, resource))
        reading.notices += notices
        if not templates and not _is_known(resource):
            reading.unread.append(_unread(resource))
        for template in templates:
            self._add(_numbered(template, self._seen), resource)

    def _add(self, template: PodTemplate, resource: Resource) -> None:
        reading = self._reading
        openings = self._services.openings(template.metadata["labels"], template.resource)
        pod, others, notices = self._read(template, openings)
        reading.workloads += (self._placed(pod.workload, resource), *others)
        reading.embedded.extend(pod.embedded)
        reading.notices.extend(notices)
        self.mounted.add(pod, resource)

    def _placed(self, workload: Workload, resource: Resource) -> Workload:
        """Return a pod with what is known of its text: whose commands hold it, and that a policy is tried on it."""
        sender = self._senders.get(resource.source)
        if sender is not None and sender.span.path == workload.path:
            return replace(workload, sent_by=sender)
        told = self._tests.tries(workload.path)
        return replace(workload, dormant=told) if told else workload

    def _read(self, template: PodTemplate, openings: tuple[Opening, ...]) -> _Read:
        """Return a pod: as it was read before, if that is kept and nothing else says otherwise now."""
        if not memory.kept():
            return _read(template, self._cluster, openings)
        before: list[_Before] = memory.have("what was asked for a pod", (template,), list)
        if not before or before[0].openings != openings or not self._cluster.answers(before[0].asked):
            before[:] = [_Before(openings)]
        return memory.have("pod", (template, before[0]), partial(self._noted, template, before[0]))

    def _noted(self, template: PodTemplate, before: _Before) -> _Read:
        self._cluster.asked = before.asked
        before.asked.clear()
        try:
            return _read(template, self._cluster, before.openings)
        finally:
            self._cluster.asked = None


class _Before:
    """What a pod was read with, besides its own template: its openings, and what was asked of the cluster."""

    def __init__(self, openings: tuple[Opening, ...]) -> None:
        self.openings = openings
        self.asked: Asked = []


def _read(template: PodTemplate, cluster: Cluster, openings: tuple[Opening, ...]) -> _Read:
    """Return a pod, what its containers start as runners, and what is not known of it."""
    pod = read_pod(template, cluster, openings)
    notices = [*undecided(template.spec, ("containers", "volumes"))]
    for member in template.members:
        notices.extend(undecided(member.node, ("volumeMounts",)))
    return pod, tuple(runners(pod.workload.containers)), notices


_Read: TypeAlias = tuple[ReadPod, tuple[Workload, ...], list[Notice]]

_WORKLOADS = frozenset({"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"})
"""Kinds that describe pods, which need not be looked for before they are read."""

_GROUPS = ("", "apps", "batch", "extensions", "autoscaling", "policy", "kustomize.config.k8s.io")
_CONFIGURING = (
    "kind.x-k8s.io", "k3d.io", "argoproj.io", "helm.toolkit.fluxcd.io", "helm.cattle.io", "build.openshift.io",
    "workspace.devfile.io",
)  # fmt: skip
"""Groups of objects that start containers, or have others start them, in ways that are not read."""


def _is_known(resource: Resource) -> bool:
    """Whether all that such an object can say about containers is read."""
    group = resource.group
    return group in _GROUPS or (group.endswith(".k8s.io") and not group.endswith(".x-k8s.io"))


def _unread(resource: Resource) -> Unread:
    node = resource.node
    what = f"{resource.kind} of {resource.group}" if resource.group else resource.kind or "object"
    return Unread(node.source.part(node.start, node.end), what, resource.group in _CONFIGURING)


def _templates(resource: Resource) -> tuple[list[PodTemplate], list[Notice]]:
    """Return the pods of an object, and what is to be said of how it describes them."""
    notices: list[Notice] = []
    found = [*runner_templates(resource)] or step_templates(resource, notices) or [*pod_templates(resource)]
    return found, notices


def _numbered(template: PodTemplate, seen: Counter[tuple[str, str, int]]) -> PodTemplate:
    """Return the template with an address of its own, should the file have two of that address with one set of values."""
    chosen = next((each.branch for each in template.spec.conditions if each.chooses_values), 0)
    key = (template.span.path, template.address, chosen)
    seen[key] += 1
    return template if seen[key] == 1 else replace(template, address=f"{template.address}#{seen[key]}")
