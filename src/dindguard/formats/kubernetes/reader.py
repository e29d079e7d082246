"""Kubernetes: every workload kind, and a PodSpec wherever one is recognised by its shape.

Objects are collected first, over all files, because they explain each other: a Service opens a port of a pod
elsewhere, a claim leads to a volume, a namespace's labels say what its pods may do, an overlay changes a base.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from dindguard import budget, memory
from dindguard.documents.unknown import undecided
from dindguard.formats import Context, Document, Reading, Unread, registered_runners
from dindguard.formats.kubernetes import configmaps, kustomize
from dindguard.formats.kubernetes.cluster import Asked, Cluster
from dindguard.formats.kubernetes.machines import given_by
from dindguard.formats.kubernetes.objects import WORKLOADS, Seen, is_known, looked_at, templates
from dindguard.formats.kubernetes.openings import Opening, Services
from dindguard.formats.kubernetes.openshift import held_by
from dindguard.formats.kubernetes.owners import Owners
from dindguard.formats.kubernetes.pods import ReadPod, read_pod
from dindguard.formats.kubernetes.podspecs import PodTemplate
from dindguard.formats.kubernetes.policy_tests import PolicyTests
from dindguard.formats.kubernetes.releases import handed_on, of_kustomization
from dindguard.formats.kubernetes.resources import Resource, size_of
from dindguard.model.container import Container
from dindguard.model.workload import Workload
from dindguard.records import record, replace
from dindguard.source import Embedded, Notice, Source


def look(document: Document) -> Seen | None:
    """Return what one document says by itself."""
    return looked_at(document)


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all manifests of a scan."""
    reading = Reading()
    cluster = Cluster()
    resources, kustomizations = kustomize.collect(documents, context, reading.notices, reading.unread, cluster)
    for resource, _ in resources:
        if resource.kind and resource.kind not in WORKLOADS:
            cluster.add(resource)  # nobody asks for others, so they go when they have been read
    owners_of_text = {each.source: each.owner for each in documents if each.owner is not None}
    pods = _Pods(cluster, reading, context, owners_of_text)
    owners = Owners(resource for resource, _ in resources)
    turns = (resource for resource in _in_turn(resources, cluster) if pods.has_room_for(resource))
    described_of = partial(pods.described, owners)
    for resource, described in context.each(turns, described_of, lambda each: (each.source,), size_of):
        pods.add(resource, described)
    reading.embedded += [each for each in map(of_kustomization, kustomizations) if each is not None]
    reading.embedded.extend(configmaps.embedded(cluster, pods.mounted, reading.unread, context))
    return reading


def _in_turn(resources: list[tuple[Resource, bool]], cluster: Cluster) -> Iterator[Resource]:
    """Yield the objects that may describe pods which are to be read, and let go of each that is not."""
    resources.reverse()
    while resources:
        resource, is_workload = resources.pop()
        if is_workload and resource not in cluster.idle:
            yield resource
        else:
            resource.node.fold()


@record
class _Described:
    """What one object describes: documents of other formats, and pods, each with what its containers start and what is unknown.

    ``numbers`` are what pods were given that share an address, and ``imported`` is how many variables were taken from
    ConfigMaps: ``before`` by others, and here. Both hold if they are what the objects before have left.
    """

    held: Sequence[Embedded] = ()
    notices: Sequence[Notice] = ()
    unread: bool = False
    read: Sequence[_Read] = ()
    numbers: Sequence[tuple[_Address, int]] = ()
    before: int = 0
    imported: int = 0


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
        self._room = budget.Room()
        self._cluster = cluster
        self._again, self._waits = context.again, context.waits
        self._reading = reading
        self._senders = senders
        self._tests = PolicyTests(context)
        self._services = Services(cluster)
        self._seen: Counter[_Address] = Counter()
        self.mounted = configmaps.Mounted(cluster)

    def described(self, owners: Owners, resource: Resource) -> _Described:
        """Return what one object describes, and change nothing: the pods of which an owner tells are read with that one."""
        try:
            return _Described() if owners.cover(resource) else self._described(resource)
        finally:
            resource.node.fold()
            self._cluster.give_back()

    def _described(self, resource: Resource) -> _Described:
        release = handed_on(resource, self._cluster)
        if release is not None:
            return _Described((release,))
        found, notices = self._again("templates", (resource,), partial(templates, resource))
        unread = not found and not is_known(resource)
        before, own = self._cluster.imported, Counter[_Address]()
        read: list[_Read] = []
        numbers, most = [], budget.most_containers(resource.source.file.size)
        for template in found:
            if most < 0:
                break  # whoever takes what was read of the file tells that it is more than it may describe
            address = _address(template)
            own[address] += 1
            number = self._seen[address] + own[address]
            openings = self._services.openings(template.metadata["labels"], template.resource)
            read.append(self._read(_numbered(template, number), openings))
            numbers.append((address, number))
            most -= len(read[-1][0].workload.containers)
        imported, self._cluster.imported = self._cluster.imported - before, before
        return _Described([*held_by(resource), *given_by(resource)], notices, unread, read, numbers, before, imported)

    def has_room_for(self, resource: Resource) -> bool:
        """Whether an object's file may describe more containers."""
        if not self._room.full(resource.source.path, resource.source.file.size):
            return True
        budget.met(budget.DESCRIBED_CONTAINERS, resource.node)
        return False

    def add(self, resource: Resource, described: _Described) -> None:
        """Add the pods of one object; what asks for a chart's release is handed on."""
        if not self.has_room_for(resource):
            return  # a copy of this process has read it nevertheless
        if not self._holds(described):
            described = self._described(resource)
        reading = self._reading
        reading.embedded += described.held
        reading.notices += described.notices
        if described.unread:
            reading.unread.append(unread := _unread(resource))
            self._waits(unread.source)
        for pod, others, notices in described.read:
            self._room.take(resource.source.path, resource.source.file.size, len(pod.workload.containers))
            reading.workloads += (self._placed(pod.workload, resource), *others)
            reading.embedded.extend(pod.embedded)
            for each in pod.embedded:
                self._waits(each.source)
            reading.notices.extend(notices)
            self.mounted.add(pod, resource)
        self._seen.update(address for address, _ in described.numbers)
        self._cluster.imported += described.imported

    def _holds(self, described: _Described) -> bool:
        """Whether what was taken of the objects before is what they left."""
        own = Counter[_Address]()
        for address, number in described.numbers:
            own[address] += 1
            if number != self._seen[address] + own[address]:
                return False
        now = self._cluster.imported
        return described.before == now or now + described.imported <= budget.IMPORTED_VARIABLES.most

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
    return pod, tuple(registered_runners(pod.workload.containers)), notices


_Read: TypeAlias = tuple[ReadPod, tuple[Workload, ...], list[Notice]]

_CONFIGURING = (
    "kind.x-k8s.io", "k3d.io", "argoproj.io", "helm.toolkit.fluxcd.io", "helm.cattle.io", "workspace.devfile.io",
)  # fmt: skip
"""Groups of objects that start containers, or have others start them, in ways that are not read."""


def _unread(resource: Resource) -> Unread:
    node = resource.node
    what = f"{resource.kind} of {resource.group}" if resource.group else resource.kind or "object"
    return Unread(node.source.part(node.start, node.end), what, resource.group in _CONFIGURING)


_Address: TypeAlias = tuple[str, str, int]
"""A file, an address in it, and the set of a chart's values with which a pod is read."""


def _address(template: PodTemplate) -> _Address:
    chosen = next((each.branch for each in template.spec.conditions if each.chooses_values), 0)
    return template.span.path, template.address, chosen


def _numbered(template: PodTemplate, number: int) -> PodTemplate:
    """Return the template with an address of its own, should the file have several of that address with one set of values."""
    return template if number == 1 else replace(template, address=f"{template.address}#{number}")
