"""Which containers of one workload can talk to each other, worked out once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from dindguard.records import record

if TYPE_CHECKING:
    from dindguard.model.container import Container
    from dindguard.model.engine import Engine
    from dindguard.model.workload import Workload

_ISOLATED = ("host", "none")
_DEFAULT = frozenset({"default"})


@record(slots=True)
class NetworkPlace:
    """Where a container is: its network namespace (a container's, the host's or the pod's), and networks by name."""

    namespace: Container | str
    networks: frozenset[str]


class Neighbourhood:
    """The places of a workload's containers."""

    __slots__ = ("_engines", "_in_namespace", "_on_network", "_owners", "_places")

    def __init__(self, workload: Workload) -> None:
        self._owners: dict[Container, Container] = {}
        self._places = {container: self._place(container, workload) for container in workload.containers}
        self._in_namespace: dict[Container | str, list[Container]] = {}
        self._on_network: dict[str, int] = {}
        self._engines: dict[Container | str, dict[int | str | None, list[tuple[Container, Engine]]]] = {}
        for container, place in self._places.items():
            self._in_namespace.setdefault(place.namespace, []).append(container)
            for name in place.networks:
                self._on_network[name] = self._on_network.get(name, 0) + 1

    def network_of(self, container: Container) -> Container:
        """Return the container whose network namespace it lives in: itself, or the one it joins.

        Each is looked at once, however long the chain is; those that join each other in a circle keep their own.
        """
        way: dict[Container, None] = {}
        current: Container | None = container
        while current is not None and current not in self._owners and current not in way:
            way[current] = None
            current = _joined(current)
        last = next(reversed(way), container)
        owner = last if current is None else self._owners.get(current, current)
        circle = False
        for each in way:
            circle = circle or each is current
            self._owners[each] = each if circle else owner
        return self._owners[container]

    def place(self, container: Container) -> NetworkPlace:
        """Return where a container of the workload is."""
        return self._places[container]

    def same_namespace(self, one: Container, other: Container) -> bool:
        """Whether ``localhost`` is the same for both."""
        return self._places[one].namespace == self._places[other].namespace

    def connected(self, one: Container, other: Container) -> bool:
        """Whether each can connect to the other's ports."""
        return self.same_namespace(one, other) or bool(self._places[one].networks & self._places[other].networks)

    def in_namespace_of(self, container: Container) -> Sequence[Container]:
        """Return the containers in its network namespace, itself among them."""
        return self._in_namespace[self._places[container].namespace]

    def engine_at(self, target: Container, port: int | None, client: Container) -> Engine | None:
        """Return the engine in a container's network namespace that listens on a port, else the first one there.

        The client's own do not count. Asked only when it is known who runs an engine.
        """
        namespace = self._places[target].namespace
        if namespace not in self._engines:
            self._engines[namespace] = _by_port(self._in_namespace[namespace])
        found = self._engines[namespace]
        candidates = chain(found.get(port, ()), found.get(_ANY, ()))
        return next((engine for owner, engine in candidates if owner is not client), None)

    def is_alone(self, container: Container) -> bool:
        """Whether no other container of the workload can connect to it."""
        place = self._places[container]
        return len(self._in_namespace[place.namespace]) == 1 and all(
            self._on_network[name] == 1 for name in place.networks
        )

    def _place(self, container: Container, workload: Workload) -> NetworkPlace:
        owner = container if container.namespaces.network is None else self.network_of(container)  # most join none
        mode = owner.namespaces.network
        value = mode.value if mode is not None else None
        isolated = value in _ISOLATED
        networks = frozenset() if isolated else frozenset(name.pattern for name in owner.networks) or _DEFAULT
        if workload.shared_network:
            return NetworkPlace("pod", networks)
        return NetworkPlace("host" if value == "host" else owner, networks)


_ANY = "any"


def _by_port(containers: Sequence[Container]) -> dict[int | str | None, list[tuple[Container, Engine]]]:
    """Return the first engines on each port and on any, of two containers: one of them may be the one that asks."""
    found: dict[int | str | None, list[tuple[Container, Engine]]] = {}
    for container in containers:
        for engine in container.engines:
            for port in (_ANY, *(endpoint.port for endpoint in engine.listens)):
                known = found.setdefault(port, [])
                if not known or (len(known) < 2 and known[0][0] is not container):
                    known.append((container, engine))
    return found


def _joined(container: Container) -> Container | None:
    """Return the container of its workload whose network a container asks for."""
    mode = container.namespaces.network
    if mode is None or mode.unknown:
        return None
    kind, _, name = mode.pattern.partition(":")
    return container.workload.find(name) if kind in ("service", "container") and name else None


def network_of(container: Container) -> Container:
    """Return the container whose network namespace it lives in: itself, or the one it joins."""
    if container.namespaces.network is None:
        return container  # most do
    return container.workload.neighbourhood.network_of(container)
