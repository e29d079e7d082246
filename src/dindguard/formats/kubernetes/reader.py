"""Kubernetes: every workload kind, and a PodSpec wherever one is recognised by its shape.

Objects are collected first, over all files, because they explain each other: a Service opens a port of a pod
elsewhere, a claim leads to a volume, a namespace's labels say what its pods may do, an overlay changes a base.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dindguard.documents.unknown import undecided
from dindguard.formats import Context, Document, Reading, Unread
from dindguard.formats.kubernetes import configmaps, kustomize
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.openings import Services
from dindguard.formats.kubernetes.owners import Owners
from dindguard.formats.kubernetes.pods import read_pod
from dindguard.formats.kubernetes.podspecs import PodTemplate, pod_templates
from dindguard.formats.kubernetes.releases import handed_on, of_kustomization
from dindguard.formats.kubernetes.resources import Resource
from dindguard.formats.kubernetes.runners import runner_templates
from dindguard.formats.kubernetes.steps import step_templates
from dindguard.records import replace
from dindguard.scripts.runner_variables import runners
from dindguard.source import Notice


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all manifests of a scan."""
    reading = Reading()
    resources = kustomize.collect(documents, context, reading.notices)
    cluster = Cluster(resource for resource, _ in resources)
    services = Services(cluster)
    mounted = configmaps.Mounted(cluster)
    seen: Counter[tuple[str, str, int]] = Counter()
    owners = Owners(resource for resource, _ in resources)
    for resource, is_workload in resources:
        if not is_workload or owners.cover(resource):
            continue
        release = handed_on(resource, cluster)
        if release is not None:
            reading.embedded.append(release)
            continue
        templates = _templates(resource, reading.notices)
        if not templates and not _is_known(resource):
            reading.unread.append(_unread(resource))
        for template in templates:
            pod = read_pod(_numbered(template, seen), cluster, services)
            reading.workloads += (pod.workload, *runners(pod.workload.containers))
            reading.embedded.extend(pod.embedded)
            reading.notices.extend(undecided(template.spec, ("containers", "volumes")))
            for member in template.members:
                reading.notices.extend(undecided(member.node, ("volumeMounts",)))
            mounted.add(pod, resource)
    kustomizations = (document.content for document in documents if kustomize.is_kustomization(document))
    reading.embedded += [each for each in map(of_kustomization, kustomizations) if each is not None]
    reading.embedded.extend(configmaps.embedded(cluster, mounted, reading.unread))
    return reading


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


def _templates(resource: Resource, notices: list[Notice]) -> list[PodTemplate]:
    return [*runner_templates(resource)] or step_templates(resource, notices) or [*pod_templates(resource)]


def _numbered(template: PodTemplate, seen: Counter[tuple[str, str, int]]) -> PodTemplate:
    """Return the template with an address of its own, should the file have two of that address with one set of values."""
    chosen = next((each.branch for each in template.spec.conditions if each.chooses_values), 0)
    key = (template.span.path, template.address, chosen)
    seen[key] += 1
    return template if seen[key] == 1 else replace(template, address=f"{template.address}#{seen[key]}")
