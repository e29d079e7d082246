"""Who can connect to an engine's listeners."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dindguard.infer import networks
from dindguard.model.container import Container, ContainerKind
from dindguard.model.engine import Endpoint, Engine, Exposure, Reach
from dindguard.model.neighbourhood import network_of
from dindguard.records import replace


def exposures_of(engine: Engine, started_from: Collection[Container]) -> tuple[Exposure, ...]:
    """Return the widest circle that can connect to each of an engine's TCP listeners.

    ``started_from`` are the images that containers of the scan are started from: those containers speak for them.
    """
    if engine.container in started_from:
        return ()
    return tuple(exposure for endpoint in engine.listens for exposure in _of(engine, endpoint))


def _of(engine: Engine, endpoint: Endpoint) -> Iterator[Exposure]:
    owner = engine.container
    if endpoint.scheme != "tcp":
        return
    if endpoint.inner:
        if not endpoint.loopback:
            yield Exposure(endpoint=endpoint, reach=Reach.INNER)
    elif owner is None or owner.kind is ContainerKind.SCRIPT or owner.is_its_machine:
        yield Exposure(endpoint=endpoint, reach=Reach.PUBLISHED_LOCALLY if endpoint.loopback else Reach.HOST_NETWORK)
    elif owner.started:
        yield from _of_container(owner, endpoint)
    elif not endpoint.loopback and endpoint.authenticated is not None and not endpoint.authenticated.unknown:
        yield Exposure(endpoint=endpoint, reach=Reach.IMAGE)


def _of_container(owner: Container, endpoint: Endpoint) -> Iterator[Exposure]:
    published = owner.published(endpoint.port) if endpoint.port is not None else None
    mode = network_of(owner).namespaces.network
    if published is not None and not endpoint.loopback:
        if published.cluster_only:
            opened = Exposure(
                endpoint=endpoint, reach=Reach.CLUSTER, because=(published,), why="a Service opens the port here"
            )
            yield _isolated(opened, owner)
        else:
            reach = Reach.PUBLISHED_LOCALLY if published.loopback else Reach.PUBLISHED
            yield Exposure(endpoint=endpoint, reach=reach, because=(published,), why="the port is published here")
    elif networks.on_host_network(owner) and mode is not None:
        reach = Reach.PUBLISHED_LOCALLY if endpoint.loopback else Reach.HOST_NETWORK
        yield Exposure(endpoint=endpoint, reach=reach, because=(mode,), why="it shares the host's network")
    elif mode is not None and mode.value == "none":
        return
    elif owner.workload.shared_network:
        mates = (other for other in owner.workload.containers if other is not owner)
        if not endpoint.loopback or any(not owner.excludes(other) for other in mates):
            reach = Reach.POD if endpoint.loopback else Reach.CLUSTER
            yield _isolated(Exposure(endpoint=endpoint, reach=reach), owner)
    elif endpoint.loopback:
        if len(owner.workload.neighbourhood.in_namespace_of(owner)) > 1:
            yield Exposure(endpoint=endpoint, reach=Reach.POD)
    else:
        # A command's networks are made for others, who are started elsewhere.
        joins = bool(owner.scopes) or (owner.kind is ContainerKind.COMMAND and bool(owner.networks))
        met = joins or (len(owner.workload.containers) > 1 and not owner.workload.neighbourhood.is_alone(owner))
        yield Exposure(endpoint=endpoint, reach=Reach.NETWORK if met else Reach.INNER)


def _isolated(exposure: Exposure, owner: Container) -> Exposure:
    """Return a pod's exposure to its cluster as far as network policies let anybody in."""
    isolation = owner.workload.isolation
    if isolation is None or exposure.reach is not Reach.CLUSTER:
        return exposure
    admitted = isolation.admitted(exposure.endpoint.port)
    if admitted is None:
        return replace(exposure, reach=Reach.POD, because=(isolation,), why="this network policy lets nobody else in")
    if admitted.anybody:
        return exposure
    return replace(exposure, reach=Reach.ADMITTED, because=(admitted,), why="this network policy admits callers")
