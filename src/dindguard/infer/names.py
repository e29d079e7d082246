"""Whom an address reaches: in the client's own workload, through names that hold beyond it, or on a host."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.infer import networks
from dindguard.model.container import Container, OuterName
from dindguard.model.endpoints import PLAIN_PORT
from dindguard.model.engine import Endpoint, Machine
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.model.workload import Workload
from dindguard.records import record

_HOST_NAMES = frozenset(
    {"host.docker.internal", "host.containers.internal", "gateway.docker.internal", "docker.for.mac.localhost"}
)
_HOST_PREFIXES = ("172.17.0.1", "192.168.65.")


_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - a client that connects there reaches itself


@record
class Reached:
    """Who is at an address; ``port`` is theirs, where something on the way translates ports."""

    who: Container | Machine
    port: int | None = None


@record
class Neighbour(Reached):
    """A container of the client's own workload."""

    who: Container


class Names:
    """The names of a scan that reach beyond workloads."""

    def __init__(self, containers: Iterable[Container]) -> None:
        self._names: dict[tuple[str, str], list[tuple[Container, OuterName]]] = {}
        self._translated: dict[Workload, set[str]] = {}
        self._with_engines: set[str] = set()
        self._proxies: set[str] = set()
        for container in containers:
            if container.proxy is not None:
                self._proxies |= {container.name, *(alias.pattern for alias in container.aliases)}
            if container.engine is not None:
                self._with_engines.add(container.workload.path)
            for name in container.outer_names:
                if name.name.known:
                    self._names.setdefault((name.scope, name.name.pattern), []).append((container, name))

    def reached(self, client: Container, endpoint: Endpoint) -> Reached | None:
        """Return whom an endpoint reaches from a container; ``None`` when it cannot be told."""
        host = endpoint.host
        if UNKNOWN_PIECE in host or not host:
            return None if client.workload.path in self._with_engines else _somewhere(endpoint)
        if endpoint.loopback or host in _ANY:
            return _publisher(client, endpoint) if _on_its_machine(client) else Reached(client)
        inside = self._inside(client, host)
        if inside is not None and networks.apart(client, inside.who):
            return self._outside(client, endpoint)  # no network of both: the name means nothing there
        found = inside or self._outside(client, endpoint)
        if found is None and host in self._proxies:
            return None  # a proxy of another project, on a network that no file shows: what it permits is told of it
        return found or _on_host(client, endpoint)

    def _inside(self, client: Container, host: str) -> Neighbour | None:
        """Return the container of the client's own workload that answers to a name, if its ports stay the same."""
        workload = client.workload
        if workload not in self._translated:
            self._translated[workload] = {
                name.name.pattern for container in workload.containers for name in container.outer_names if name.port
            }
        outer = self._translated[workload]
        found = workload.find(host) or (None if host in outer else workload.find(host.partition(".")[0]))
        return Neighbour(found) if found is not None and host not in outer else None

    def _outside(self, client: Container, endpoint: Endpoint) -> Reached | None:
        for scope in client.scopes:
            found = self._names.get((scope, endpoint.host), [])
            found = [each for each in found if each[1].port in (None, endpoint.port)] or found
            beside = [each for each in found if each[0].workload.path == client.workload.path]
            chosen = beside if len({each[0].workload for each in found}) > 1 else found
            if len({each[0].workload for each in chosen}) == 1:
                # Members of one pod share their ports: whoever runs an engine is the one that answers.
                container, name = next((each for each in chosen if each[0].engine is not None), chosen[0])
                return Reached(container, name.target if name.port == endpoint.port else None)
        return None


def _somewhere(endpoint: Endpoint) -> Reached | None:
    """Return the machine at an address whose host nobody tells, when its port alone says that it asks nobody."""
    written = endpoint.text is not None and endpoint.text.pattern.rstrip("/").endswith(f":{PLAIN_PORT}")
    if not endpoint.host or not written or not _asks_nobody(endpoint):
        return None
    return Reached(Machine(name=endpoint.host, span=endpoint.span, own=False, shown=False))


def _on_its_machine(client: Container) -> bool:
    """Whether ``localhost`` is the machine's own: in its network, or in a job that is no container."""
    return client.is_its_machine or networks.on_host_network(client)


def _on_host(client: Container, endpoint: Endpoint) -> Reached | None:
    """Return the host that an address names, or the neighbour that publishes the port on the client's own."""
    host = endpoint.host
    own = host in _HOST_NAMES or host.startswith(_HOST_PREFIXES)
    if own and (published := _publisher(client, endpoint)).who is not client:
        return published
    if not own and "." not in host and ":" not in host:
        # A short name that nothing here answers to: some other file's container, or nobody.
        return (
            Reached(Machine(name=host, span=endpoint.span, own=False, shown=False))
            if _asks_nobody(endpoint)
            else None
        )
    return Reached(Machine(name=host, span=endpoint.span, own=own))


def _asks_nobody(endpoint: Endpoint) -> bool:
    """Whether an engine at that address has no lock, whoever runs it."""
    return endpoint.port == PLAIN_PORT and endpoint.encrypted is not None and endpoint.encrypted.off


def _publisher(client: Container, endpoint: Endpoint) -> Reached:
    """Return the neighbour that publishes a port of the host they share; else the client itself."""
    for neighbour in client.workload.containers:
        for port in neighbour.ports:
            if port.host_port is not None and port.host_port == endpoint.port and not port.cluster_only:
                return Reached(neighbour, port.container_port)
    return Reached(client)
