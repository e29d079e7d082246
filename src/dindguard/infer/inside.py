"""Which engines are within reach of a container without a name: in its workload, and in a directory of its host."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from dindguard.model.container import Container
from dindguard.model.engine import Endpoint, Engine
from dindguard.model.path_spelling import normalise
from dindguard.model.workload import Workload

_FEW = 20


class Inside:
    """The engines of one workload: those that ask nobody, and those whose socket lies in a storage, by its identity."""

    def __init__(self, workload: Workload) -> None:
        self._neighbourhood = workload.neighbourhood
        self._open: dict[Container | str, list[Engine]] = {}
        self._order: dict[Engine, int] = {}
        self.sockets: dict[str, list[tuple[Engine, Endpoint]]] = {}
        for container in workload.containers:
            for engine in container.engines:
                if asks_nobody(engine):
                    self._add_open(container, engine)
                self._add_sockets(container, engine)

    def open_engines_near(self, container: Container) -> Iterator[Engine]:
        """Yield the engines that ask nobody in its namespace and on its networks, in the order of their containers.

        One that is on several networks with it may come several times.
        """
        place = self._neighbourhood.place(container)
        near = [found for key in (place.namespace, *place.networks) if (found := self._open.get(key))]
        if len(near) < 2:
            return iter(near[0] if near else ())
        order = self._order.__getitem__
        if sum(map(len, near)) <= _FEW:
            return iter(sorted(itertools.chain(*near), key=order))
        from heapq import merge  # of many engines only the first are wanted

        return merge(*near, key=order)

    def _add_open(self, container: Container, engine: Engine) -> None:
        self._order[engine] = len(self._order)
        place = self._neighbourhood.place(container)
        abroad = any(_asks_nobody(endpoint) and not endpoint.loopback for endpoint in engine.listens)
        for key in (place.namespace, *(place.networks if abroad else ())):
            self._open.setdefault(key, []).append(engine)

    def _add_sockets(self, container: Container, engine: Engine) -> None:
        for endpoint in engine.listens:
            provided = container.mount_at(endpoint.host) if endpoint.scheme == "unix" else None
            if provided is not None and provided.storage is not None:
                self.sockets.setdefault(provided.storage.identity, []).append((engine, endpoint))


class Insides:
    """What is inside each workload, looked at once."""

    def __init__(self, containers: Iterable[Container]) -> None:
        self._found: dict[Workload, Inside] = {}
        self.on_the_host = dict(_sockets_on_the_host(containers))
        """Engines that keep their socket in a directory of the host, by the socket's path there."""

    def of(self, workload: Workload) -> Inside:
        """Return what is inside a workload."""
        if workload not in self._found:
            self._found[workload] = Inside(workload)
        return self._found[workload]


def asks_nobody(engine: Engine) -> bool:
    """Whether an engine listens on TCP without asking who connects."""
    return any(_asks_nobody(endpoint) for endpoint in engine.listens)


def _asks_nobody(endpoint: Endpoint) -> bool:
    return endpoint.scheme == "tcp" and endpoint.authenticated is not None and endpoint.authenticated.off


def _sockets_on_the_host(containers: Iterable[Container]) -> Iterator[tuple[str, tuple[Engine, Endpoint]]]:
    for container in containers:
        for engine in container.engines:
            for endpoint in engine.listens:
                provided = container.mount_at(endpoint.host) if endpoint.scheme == "unix" else None
                if provided is not None and provided.host_path is not None and provided.target.known:
                    below = normalise(endpoint.host).removeprefix(normalise(provided.target.pattern))
                    yield f"{provided.host_path}{below}", (engine, endpoint)
