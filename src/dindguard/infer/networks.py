"""Which containers can talk to each other, and whom a name reaches."""

from __future__ import annotations

from dindguard.model.access import Host
from dindguard.model.container import Container
from dindguard.model.engine import Endpoint
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.model.workload import Workload

_HOST_NAMES = frozenset(
    {"host.docker.internal", "host.containers.internal", "gateway.docker.internal", "docker.for.mac.localhost"}
)
_HOST_PREFIXES = ("172.17.0.1", "192.168.65.")


def network_of(container: Container) -> Container:
    """Return the container whose network namespace it lives in: itself, or the one it joins."""
    seen: set[int] = set()
    current = container
    while id(current) not in seen:
        seen.add(id(current))
        mode = current.namespaces.network
        if mode is None or mode.unknown:
            break
        kind, _, name = mode.pattern.partition(":")
        joined = current.workload.find(name) if kind in ("service", "container") and name else None
        if joined is None:
            break
        current = joined
    return current


def same_namespace(one: Container, other: Container) -> bool:
    """Whether two containers share one network namespace, so that ``localhost`` is the same for both."""
    if one.workload is not other.workload:
        return False
    if one.workload.shared_network:
        return True
    return network_of(one) is network_of(other) or (on_host_network(one) and on_host_network(other))


def on_host_network(container: Container) -> bool:
    """Whether the container lives in its host's network namespace."""
    mode = network_of(container).namespaces.network
    return mode is not None and mode.value == "host"


def share_network(one: Container, other: Container) -> bool:
    """Whether two containers of one workload can connect to each other's ports."""
    if one.workload is not other.workload:
        return False
    if same_namespace(one, other):
        return True
    first, second = network_of(one), network_of(other)
    for each in (first, second):
        mode = each.namespaces.network
        if mode is not None and mode.value in ("host", "none"):
            return False
    names = {name.pattern for name in first.networks} or {"default"}
    return bool(names & ({name.pattern for name in second.networks} or {"default"}))


def reached(client: Container, endpoint: Endpoint) -> Container | Host | None:
    """Return whom an endpoint reaches from a container: a container, a host, or ``None`` when it cannot be told."""
    host = endpoint.host
    if UNKNOWN_PIECE in host or not host:
        return None
    workload: Workload = client.workload
    if endpoint.loopback:
        return client
    found = workload.find(host) or workload.find(host.partition(".")[0])
    if found is not None:
        return found
    own = host in _HOST_NAMES or host.startswith(_HOST_PREFIXES)
    if not own and "." not in host and ":" not in host:
        return None  # a short name that nothing here answers to: some other file's container, or nobody
    return Host(name=host, span=endpoint.span, own=own)
