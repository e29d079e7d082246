"""Ports that a cluster opens to a container: its own ``hostPort``, Services and Ingresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.resources import Resource, nearest
from dindguard.model.container import Port
from dindguard.model.values import Text
from dindguard.source import Span


@dataclass(frozen=True, slots=True)
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

    def leads_to(self, container: Node, declared: frozenset[str]) -> bool:
        """Whether it leads to this container: the one that declares its target, or any when none does.

        ``declared`` are the ports that all containers of the pod declare.
        """
        return self.target not in declared or self.target in declared_ports([container])


def openings(labels: Node, resource: Resource, cluster: Cluster) -> tuple[Opening, ...]:
    """Return what opens a pod with these labels."""
    by_name: dict[str, list[Resource]] = {}
    for service in cluster.beside(resource, "Service"):
        if service.group != "serving.knative.dev" and _selects(service.node["spec"]["selector"], labels):
            by_name.setdefault(service.name, []).append(service)
    found: list[Opening] = []
    for same in by_name.values():
        # Several of one name are alternatives: one cluster has one of them.
        service = nearest(same, resource) or same[0]
        found.extend(_of_service(service))
        found.extend(_of_ingresses(service, cluster))
    return tuple(found)


def _selects(selector: Node, labels: Node) -> bool:
    pairs = selector.pairs()
    return bool(pairs) and all(labels[key.content].content == value.content for key, value in pairs)


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
        yield Opening(node.content, external, f"Service/{kind}", at, protocol, not outside, names)
        if not outside and spec["externalIPs"].items():
            yield Opening(node.content, number.integer, "Service/externalIPs", node.span, protocol)


def _of_ingresses(service: Resource, cluster: Cluster) -> Iterator[Opening]:
    for ingress in cluster.beside(service, "Ingress"):
        spec = ingress.node["spec"]
        backends = [spec["defaultBackend"], spec["backend"]]
        backends.extend(path["backend"] for rule in spec["rules"] for path in rule["http"]["paths"])
        for backend in backends:
            name = backend["service"]["name"] if backend["service"].is_mapping else backend["serviceName"]
            port = backend["service"]["port"]
            reference = backend["servicePort"] if not port.is_mapping else port.values()[0] if port.values() else port
            if name.content == service.name and reference.is_scalar:
                target = _target(service, reference.content)
                yield Opening(target, None, "Ingress", name.span)


def _target(service: Resource, reference: str) -> str:
    """Return the pod's port behind a Service's port, which is named or a number."""
    for port in service.node["spec"]["ports"]:
        if reference in (port["name"].content, port["port"].content):
            return port["targetPort"].content or port["port"].content
    return reference


def ports(container: Node, declared: frozenset[str], opened: tuple[Opening, ...]) -> Iterator[Port]:
    """Yield the ports of a container that can be reached from outside its pod.

    ``declared`` are the ports that the pod's containers name; see :meth:`Opening.leads_to`.
    """
    own: dict[str, Node] = {}
    for item in container["ports"]:
        number = item["containerPort"]
        own[number.content] = own[item["name"].content or number.content] = number
        host = item["hostPort"]
        if host.is_scalar and host.integer != 0 and not host.is_null:
            yield Port(
                number.integer, host.integer, item["hostIP"].text, host.span, _protocol(item), through="hostPort"
            )  # fmt: skip
    for opening in opened:
        if not opening.leads_to(container, declared):
            continue
        node = own.get(opening.target)
        target = node.integer if node is not None else _number(opening.target)
        yield Port(
            target, opening.host_port, "", opening.span, opening.protocol, through=opening.through,
            cluster_only=opening.cluster_only,
        )  # fmt: skip


def declared_ports(containers: list[Node]) -> frozenset[str]:
    """Return the names and numbers of the ports that these containers declare."""
    return frozenset(
        word
        for container in containers
        for item in container["ports"]
        for word in (item["name"].content, item["containerPort"].content)
        if word
    )


def exposed(container: Node) -> Iterator[Text]:
    """Yield the ports that a container declares, as ``2375/tcp``."""
    for item in container["ports"]:
        number = item["containerPort"]
        if number.is_scalar:
            yield Text(f"{number.content}/{_protocol(item)}", number.span, raw=number.content)


def aliases(container: Node, spec: Node, declared: frozenset[str], opened: tuple[Opening, ...]) -> Iterator[Text]:
    """Yield the names that lead to a container: its Services', and those that lead back to the pod itself."""
    for opening in opened:
        if opening.leads_to(container, declared):
            yield from opening.names
    for item in spec["hostAliases"]:
        if item["ip"].content.startswith("127.") or item["ip"].content == "::1":
            for name in item["hostnames"]:
                yield name.value


def _protocol(item: Node) -> str:
    return item["protocol"].content.lower() or "tcp"


def _number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 6 else None
