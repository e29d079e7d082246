"""A container's ports: what it declares, and what leads to it from outside its pod."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.compact import shared
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.openings import Opening
from dindguard.formats.kubernetes.resources import Resource
from dindguard.model.container import OuterName, Port
from dindguard.model.container_parts import port_number
from dindguard.model.values import Text


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
        target = node.integer if node is not None else port_number(opening.target)
        yield Port(
            target, opening.host_port, "", opening.span, opening.protocol, through=opening.through,
            cluster_only=opening.cluster_only,
        )  # fmt: skip


def exposed(container: Node) -> Iterator[Text]:
    """Yield the ports that a container declares, as ``2375/tcp``."""
    for item in container["ports"]:
        number = item["containerPort"]
        if number.is_scalar:
            yield Text(shared(f"{number.content}/{_protocol(item)}"), number.span, raw=shared(number.content))


def aliases(container: Node, spec: Node, declared: frozenset[str], opened: tuple[Opening, ...]) -> Iterator[Text]:
    """Yield the names that lead to a container: its Services', and those that lead back to the pod itself."""
    for opening in opened:
        if opening.leads_to(container, declared):
            yield from opening.names
    for item in spec["hostAliases"]:
        if item["ip"].content.startswith("127.") or item["ip"].content == "::1":
            for name in item["hostnames"]:
                yield name.value


def outer_names(
    container: Node, declared: frozenset[str], opened: tuple[Opening, ...], resource: Resource
) -> Iterator[OuterName]:
    """Yield the names of a container's Services: short ones hold in its namespace, qualified ones in its cluster."""
    near, cluster = scopes(resource)
    numbers = {item["name"].content: item["containerPort"].integer for item in container["ports"]}
    for opening in opened:
        if opening.leads_to(container, declared):
            target = numbers.get(opening.target) or port_number(opening.target)
            for name in opening.names:
                scope = cluster if "." in name.pattern else near
                yield OuterName(name, scope, opening.port, target)


def scopes(resource: Resource) -> tuple[str, str]:
    """Return where names are looked up: the namespace that a pod lives in, and its cluster."""
    return shared(f"kubernetes:{resource.scope}"), shared(f"kubernetes-cluster:{resource.overlay or ''}")


def _protocol(item: Node) -> str:
    return item["protocol"].content.lower() or "tcp"
