"""Who can command which engine, and through what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from dindguard import budget
from dindguard.infer import networks
from dindguard.infer.clients import Client, certificate_path, clients, shares_certificates
from dindguard.infer.inside import Insides, asks_nobody
from dindguard.infer.names import Names
from dindguard.infer.starters import Starters, engine_behind
from dindguard.model.access import Access, Permit
from dindguard.model.condition import exclude_each_other
from dindguard.model.container import Container, EnvVar
from dindguard.model.engine import Endpoint, Engine, Machine
from dindguard.model.invocation import InvocationKind
from dindguard.model.mount import Mount
from dindguard.model.values import How, Text
from dindguard.model.workload import Platform
from dindguard.records import replace
from dindguard.source import Span, Step
from dindguard.vocabulary import EngineProduct


def find_accesses(containers: Sequence[Container], names: Names, starters: Starters) -> tuple[Access, ...]:
    """Return every way in which a container can command an engine."""
    meetings, inside = _meetings(containers), Insides(containers)
    accesses: list[Access] = []
    for container in containers:
        if not container.started and container.engine is None:
            continue  # an image nobody starts reaches nothing; what starts it is looked at by itself
        found = _of(container, names, meetings, inside, starters)
        accesses.extend(access for access in found if not _never(access))
    return tuple(_by_those_who_call(_told_once(accesses)))


def _told_once(accesses: Sequence[Access]) -> Sequence[Access]:
    """Leave out what a dev container is given that the service has which it adds to: the same socket, mounted again."""
    if not any(access.who.made_as for access in accesses):
        return accesses
    services = {(access.who.span.path, access.who.name, access.through) for access in accesses}

    def again(access: Access) -> bool:
        files, name = access.who.made_as or ((), "")
        return bool(access.through) and any((path, name, access.through) in services for path in files)

    return [access for access in accesses if not again(access)]


def _by_those_who_call(accesses: Sequence[Access]) -> Iterator[Access]:
    """Yield accesses; where some call an engine that others are given too, only those who call it use it.

    A pipeline gives its variables and services to all of its jobs. That a job has the address of an engine says that it
    uses one as long as none is seen to call it: a test may start containers by itself.
    """
    called = {at for access in accesses if _calls(access.who) for at in _given_by(access)}
    for access in accesses:
        shared = any(at in called for at in _given_by(access))
        idle = shared and access.who.programs is not None and not _calls(access.who)
        yield replace(access, uses=False) if idle else access


def _given_by(access: Access) -> Iterator[Span]:
    """Yield where the variable that names an engine is written, and where that engine's container is."""
    if isinstance(access.via, EnvVar):
        yield access.span
        if isinstance(access.to, Engine) and access.to.container is not None:
            yield access.to.container.span


def _calls(container: Container) -> bool:
    return any(each.kind is InvocationKind.ENGINE_CALL for each in container.invocations)


def _never(access: Access) -> bool:
    """Whether the one who reaches and the engine that is reached are branches of one condition of a template."""
    owner = access.to.container if isinstance(access.to, Engine) else None
    if owner is None:
        return False
    held = access.via.conditions if isinstance(access.via, Mount) else ()
    return access.who.excludes(owner) or exclude_each_other(held, owner.conditions)


Meetings = dict[str, list[Engine]]


def _meetings(containers: Iterable[Container]) -> Meetings:
    """Return the engines on each network that several projects can join."""
    found: Meetings = {}
    for container in containers:
        if container.engine is not None and container.started and not container.workload.shared_network:
            for scope in container.scopes:
                found.setdefault(scope, []).extend(engine for engine in container.engines if asks_nobody(engine))
    return found


def _of(
    container: Container, names: Names, meetings: Meetings, inside: Insides, starters: Starters
) -> Iterator[Access]:
    own = container.engines
    starter = starters.of(container)
    if container.mounts:
        from dindguard.infer.mounted import through_mounts  # most containers have none

        yield from through_mounts(container, starter, starters, inside)
    if container.engine_api.on:
        handed = container.engine_api
        yield Access(
            who=container, to=Machine(name="", span=handed.span), via=handed, product=EngineProduct.DOCKER,
            span=handed.span, uses=True, steps=(Step("the platform hands over its engine's socket", handed.span),),
        )  # fmt: skip
    commanded: set[Engine | Machine] = set()
    for client in clients(container):
        access = _through_client(container, client, names)
        if access is not None and access.to not in own:
            commanded.add(access.to)
            yield access
    yield from _as_neighbours(container, commanded, inside, meetings)


def _as_neighbours(
    container: Container, commanded: Collection[Engine | Machine], inside: Insides, meetings: Meetings
) -> Iterator[Access]:
    """Yield the accesses to engines nearby that ask nobody."""
    reached = 0
    asked: set[Engine | Machine] = {*container.engines, *commanded}
    for engine in _open_engines(container, inside, meetings):
        if engine in asked:
            continue
        asked.add(engine)
        access = _as_neighbour(container, engine)
        if access is None:
            continue
        reached += 1
        if not budget.within(budget.OPEN_NEIGHBOURS, reached, engine):
            return
        yield access


def _open_engines(container: Container, inside: Insides, meetings: Meetings) -> Iterator[Engine]:
    """Yield the engines that ask nobody and might be near, one after another: a thousand may be, and few are wanted."""
    if len(container.workload.containers) > 1:
        yield from inside.of(container.workload).open_engines_near(container)
    if not container.workload.shared_network:
        for scope in container.scopes:
            yield from meetings.get(scope, ())


def _through_client(container: Container, client: Client, names: Names) -> Access | None:
    endpoint = client.endpoint
    if endpoint.scheme not in ("tcp", "ssh"):
        return None
    reached = names.reached(container, endpoint)
    if reached is None:
        return None
    target, span = reached.who, client.via.span
    if isinstance(target, Container):
        if endpoint.scheme == "ssh":
            return None
        return _to_container(container, client, target, reached.port)
    if isinstance(client.via, Text) and client.via.how is How.INHERITED:
        return None  # nobody wrote that address: it says something only where somebody answers
    return Access(
        who=container, to=target, via=client.via, product=client.product, span=span, endpoint=endpoint, uses=True,
        permits=Permit.EVERYTHING if target.shown else Permit.UNKNOWN,
        steps=(Step(f"{container} commands the engine at {endpoint}", span),),
    )  # fmt: skip


def dead_ends(container: Container, names: Names) -> tuple[Text, ...]:
    """Return the addresses by which a container looks for an engine in itself, and that lead to none.

    Where a CI runner decides unseen whether a job and its services share one network, nobody knows; Drone's and Woodpecker's
    steps are containers apart, but for pipelines that say otherwise.
    """
    workload = container.workload
    unseen = workload.platform.adds_mounts and workload.platform is not Platform.DRONE
    if not container.started or (unseen and workload.runner is None):
        return ()
    found = []
    for client in clients(container):
        address = client.endpoint.text
        reached = names.reached(container, client.endpoint) if client.endpoint.scheme == "tcp" else None
        back = reached is not None and reached.who is container and address is not None
        if back and not container.engines and engine_behind(container, container, client.endpoint.port) is None:
            found.append(address)
    return tuple(each for each in dict.fromkeys(found) if each is not None)


def _to_container(container: Container, client: Client, target: Container, port: int | None) -> Access | None:
    span = client.via.span
    if target.proxy is not None:
        host = Machine(name="", span=target.span)
        return Access(
            who=container, to=host, via=client.via, product=client.product, span=span, endpoint=client.endpoint,
            proxy=target, permits=target.proxy.permits, uses=True,
            steps=(Step(f"{container} talks to the proxy {target}", span),),
        )  # fmt: skip
    arrives_at = client.endpoint.port if port is None else port
    engine = engine_behind(container, target, arrives_at)
    if engine is None:
        return None
    listener = _listener(engine, arrives_at)
    return Access(
        who=container, to=engine, via=client.via, product=engine.product, span=span, endpoint=client.endpoint, uses=True,
        rootless=engine.rootless.on, certificate_path=certificate_path(container),
        shares_certificates=shares_certificates(container, engine),
        credentials=listener is not None and _has_credentials(listener, client.endpoint),
        arrives_at=port, steps=(Step(f"{container} commands {engine}", span),),
    )  # fmt: skip


def _listener(engine: Engine, port: int | None) -> Endpoint | None:
    tcp = [each for each in engine.listens if each.scheme == "tcp"]
    return next((each for each in tcp if each.port == port), tcp[0] if tcp else None)


def _has_credentials(listener: Endpoint, client: Endpoint) -> bool:
    asked = listener.authenticated is None or not listener.authenticated.off
    return not asked or (client.encrypted is not None and client.encrypted.on)


def _as_neighbour(container: Container, engine: Engine) -> Access | None:
    """Return the access of a container that merely shares a network with an engine that asks nobody."""
    owner = engine.container
    assert owner is not None
    for endpoint in engine.listens:
        if endpoint.scheme != "tcp" or endpoint.authenticated is None or not endpoint.authenticated.off:
            continue
        local = networks.same_namespace(container, owner)
        if local or (not endpoint.loopback and _meet(container, owner)):
            return Access(
                who=container, to=engine, via=endpoint, product=engine.product, span=endpoint.span, endpoint=endpoint,
                rootless=engine.rootless.on,
                steps=(Step(f"{container} can connect to {engine}, whose API has no authentication", endpoint.span),),
            )  # fmt: skip
    return None


def _meet(one: Container, other: Container) -> bool:
    return networks.share_network(one, other) or networks.share_outer_network(one, other)
