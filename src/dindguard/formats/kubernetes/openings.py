"""Services and Ingresses: which pods they lead to, at which ports, and under which names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.resources import Resource, nearest
from dindguard.model.values import Text
from dindguard.records import record
from dindguard.source import Span

_Pairs: TypeAlias = frozenset[tuple[str, str]]
"""Labels, or what selects by them."""

_Index: TypeAlias = dict[tuple[str, str], list[tuple[int, Resource]]]


@record
class Opening:
    """One port of a pod that a Service or an Ingress leads to; ``target`` is a number or a port's name.

    ``names`` are those by which the cluster knows the Service.
    """

    target: str
    host_port: int | None
    through: str
    span: Span
    protocol: str = "tcp"
    cluster_only: bool = False
    names: tuple[Text, ...] = ()
    port: int | None = None
    """The port that goes with ``names``."""

    def leads_to(self, container: Node, declared: frozenset[str]) -> bool:
        """Whether it leads to this container: the one that declares its target, or any when none does.

        ``declared`` are the ports that all containers of the pod declare.
        """
        return self.target not in declared or self.target in declared_ports([container])


def declared_ports(containers: list[Node]) -> frozenset[str]:
    """Return the names and numbers of the ports that these containers declare."""
    return frozenset(
        word
        for container in containers
        for item in container["ports"]
        for word in (item["name"].content, item["containerPort"].content)
        if word
    )


class Services:
    """The Services of a scan, each looked at once."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._by_label: dict[tuple[str, str | None, str], _Index] = {}
        self._openings: dict[Resource, tuple[Opening, ...]] = {}
        self._counts: dict[str, int] = {}
        self._backends: dict[Resource, tuple[tuple[Node, Node], ...]] = {}

    def openings(self, labels: Node, resource: Resource) -> tuple[Opening, ...]:
        """Return what opens a pod with these labels."""
        index, path = self._index(resource), resource.span.path
        if not index or self._counts.get(path, 0) > budget.POD_OPENINGS.most:
            return ()
        by_name: dict[str, list[Resource]] = {}
        for service in self._selecting(index, _pairs(labels)):
            by_name.setdefault(service.name, []).append(service)
        # Several of one name are alternatives: one cluster has one of them.
        chosen = [nearest(same, resource) or same[0] for same in by_name.values()]
        found = tuple(opening for service in chosen for opening in self._of(service))
        count = self._counts[path] = self._counts.get(path, 0) + len(found)
        return found if budget.within(budget.POD_OPENINGS, count, resource) else ()

    def _index(self, resource: Resource) -> _Index:
        """Return the Services beside a resource by one of the labels that each asks for."""
        alone = not resource.namespace and resource.overlay is None
        place = (resource.namespace, resource.overlay, resource.unit if alone else "")
        if place not in self._by_label:
            self._by_label[place] = self._indexed(self._cluster.beside(resource, "Service"))
        return self._by_label[place]

    def _selecting(self, index: _Index, labels: _Pairs) -> list[Resource]:
        """Return the Services that select labels, in their order."""
        found = [
            each for pair in labels for each in index.get(pair, ()) if selector_of(each[1], self._cluster) <= labels
        ]
        return [service for _, service in sorted(found, key=lambda each: each[0])]

    def _indexed(self, services: Iterable[Resource]) -> _Index:
        """Return Services by one of the labels that they ask for, each with its number."""
        found: _Index = {}
        for number, service in enumerate(services):
            if selector := selector_of(service, self._cluster):
                found.setdefault(min(selector), []).append((number, service))
        return found

    def _of(self, service: Resource) -> tuple[Opening, ...]:
        if service not in self._openings:
            self._openings[service] = (*_of_service(service), *self._of_ingresses(service))
        return self._openings[service]

    def _of_ingresses(self, service: Resource) -> Iterator[Opening]:
        for ingress in self._cluster.beside(service, "Ingress"):
            if ingress not in self._backends:
                self._backends[ingress] = tuple(_backends(ingress.node["spec"]))
            for name, port in self._backends[ingress]:
                if name.content == service.name:
                    yield Opening(_target(service, port.content), None, "Ingress", name.span)


def selector_of(service: Resource, cluster: Cluster) -> _Pairs:
    """Return the labels of the pods that a Service leads to."""
    found = cluster.selectors.get(service)
    if found is None:
        knative = service.group == "serving.knative.dev"
        found = cluster.selectors[service] = frozenset() if knative else _pairs(service.node["spec"]["selector"])
    return found


def _pairs(labels: Node) -> _Pairs:
    return frozenset((key.content, value.content) for key, value in labels.pairs() if value.is_scalar)


def _backends(spec: Node) -> Iterator[tuple[Node, Node]]:
    """Yield name and port of every Service that an Ingress leads to, in the present and the older notation."""
    backends = [spec["defaultBackend"], spec["backend"]]
    backends.extend(path["backend"] for rule in spec["rules"] for path in rule["http"]["paths"])
    for backend in backends:
        port = backend["service"]["port"]
        pairs = (
            (backend["service"]["name"], port["number"]),
            (backend["service"]["name"], port["name"]),
            (backend["serviceName"], backend["servicePort"]),
        )
        yield from ((name, number) for name, number in pairs if name.is_scalar and number.is_scalar)


def _names(service: Resource) -> Iterator[Text]:
    span = service.span
    suffixes = ("", ".{0}", ".{0}.svc", ".{0}.svc.cluster.local") if service.namespace else ("",)
    for suffix in suffixes:
        yield Text(service.name + suffix.format(service.namespace), span)


def _of_service(service: Resource) -> Iterator[Opening]:
    spec = service.node["spec"]
    kind = spec["type"].content or "ClusterIP"
    names = tuple(_names(service))
    outside = kind in ("NodePort", "LoadBalancer")
    for port in spec["ports"]:
        number = port["port"]
        target = port["targetPort"]
        node = target if target.is_scalar else number
        protocol = port["protocol"].content.lower() or "tcp"
        at = (port["nodePort"] if port["nodePort"].is_scalar else node).span
        external = (
            number.integer if kind == "LoadBalancer" else port["nodePort"].integer if outside else number.integer
        )
        yield Opening(node.content, external, f"Service/{kind}", at, protocol, not outside, names, number.integer)
        if not outside and spec["externalIPs"].items():
            yield Opening(node.content, number.integer, "Service/externalIPs", node.span, protocol)


def _target(service: Resource, reference: str) -> str:
    """Return the pod's port behind a Service's port, which is named or a number."""
    for port in service.node["spec"]["ports"]:
        if reference in (port["name"].content, port["port"].content):
            return port["targetPort"].content or port["port"].content
    return reference
