"""From what files say to what it means: roles, engines, who can command them, what contains them.

What few scans need (commands, files of images and machines, runners that the organisation describes) is imported when one
does: the start of a scan of one file is mostly imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from dindguard.formats import Reading
from dindguard.infer.clients import unknown_addresses
from dindguard.infer.engines import find_engines
from dindguard.infer.escape import find_escapes
from dindguard.infer.exposure import exposures_of
from dindguard.infer.images import base_image, chain, keeps_engine_off
from dindguard.infer.names import Names
from dindguard.infer.origins import settle_origins
from dindguard.infer.reach import dead_ends, find_accesses
from dindguard.infer.runners import Given, give_defaults
from dindguard.infer.sandbox import sandbox_of
from dindguard.infer.shared_state import own_storages
from dindguard.infer.starters import Starters, brought_along
from dindguard.infer.users import as_root
from dindguard.model import known_images
from dindguard.model.access import Access, Permit
from dindguard.model.container import Container, Role
from dindguard.model.engine import Engine, Machine
from dindguard.model.facts import Activity, Contact, Purpose, Sharing, Standing
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.launch import Configuration, ServiceFile
from dindguard.model.model import Model
from dindguard.model.mount import Mount, Storage
from dindguard.model.policy import Policy
from dindguard.model.values import Text
from dindguard.model.workload import Workload, WorkloadKind
from dindguard.records import replace

if TYPE_CHECKING:
    from dindguard.model.access import ProxyPermits
    from dindguard.model.build_grant import BuildGrant

Within = TypeVar("Within", Invocation, Configuration, ServiceFile)


def infer(readings: Iterable[Reading], policy: Policy | None = None) -> Model:
    """Conclude everything that no file says by itself, and return the frozen model."""
    readings = list(readings)
    policy = policy or Policy()
    given = give_defaults([workload for reading in readings for workload in reading.workloads])
    invocations = tuple(_moved(each, given) for reading in readings for each in reading.invocations)
    services = [_moved(each, given) for reading in readings for each in reading.services]
    configurations = [_moved(each, given) for reading in readings for each in reading.configurations]
    containers = tuple(container for workload in given.workloads for container in workload.containers)

    if services or configurations:
        from dindguard.infer.copied import owned_by_images

        services = owned_by_images(services, containers)
        configurations = owned_by_images(configurations, containers)
    settle_origins(given.workloads, invocations)
    _settle_activities(containers, invocations, _programs(readings, given), policy)
    _settle_clusters(given.workloads, invocations)
    engines = (
        *find_engines(containers, configurations, services, invocations),
        *(each for reading in readings for each in reading.engines),
        *_of_runners(given.workloads, policy),
    )
    engines = (*engines, *_told_by_runners(given.workloads, engines))
    _settle_purposes(containers, engines, policy)
    names = Names(containers)
    starters = Starters(names, _starting_calls(given.workloads, invocations), brought_along(given.workloads, engines))
    accesses = find_accesses(containers, names, starters)
    _settle_standings(containers, accesses, starters, names)
    _settle_contacts(engines, accesses, _started_from(containers))
    return Model(
        workloads=given.workloads,
        engines=engines,
        accesses=accesses,
        storages=(*_storages(containers), *own_storages(engines)),
        invocations=invocations,
        build_grants=_build_grants(containers, invocations, engines),
        policy=policy,
    )


def _of_runners(workloads: Sequence[Workload], policy: Policy) -> Iterable[Engine]:
    if not policy.runners:
        return ()
    from dindguard.infer.runner_engines import runner_engines

    return runner_engines(workloads, policy)


def _told_by_runners(workloads: Sequence[Workload], engines: Sequence[Engine]) -> Iterable[Engine]:
    if not any(each.kind is WorkloadKind.RUNNER and each.runs_in is not None for each in workloads):
        return ()
    from dindguard.infer.told_engines import told_engines

    return told_engines(workloads, engines)


def _settle_clusters(workloads: Sequence[Workload], invocations: Sequence[Invocation]) -> None:
    if any(each.kind is InvocationKind.CLUSTER_START for each in invocations):
        from dindguard.infer.clusters import settle_clusters

        settle_clusters(workloads, invocations)


def _starting_calls(
    workloads: Sequence[Workload], invocations: Sequence[Invocation]
) -> Mapping[Workload, tuple[Invocation, ...]]:
    if not invocations:
        return {}
    from dindguard.infer.projects import starting_calls

    return starting_calls(workloads, invocations)


def _build_grants(
    containers: Sequence[Container], invocations: Sequence[Invocation], engines: Sequence[Engine]
) -> tuple[BuildGrant, ...]:
    built = any(container.build is not None for container in containers)
    if not (built or invocations or any(engine.written_settings for engine in engines)):
        return ()
    from dindguard.infer.build_grants import find_build_grants

    return find_build_grants(containers, invocations, engines)


def _moved(found: Within, given: Given) -> Within:
    """Return what was found in a container as found in the copy that stands for it."""
    copy = given.copy_of(found.container)
    return found if copy is found.container else replace(found, container=copy)


def _programs(readings: Iterable[Reading], given: Given) -> dict[Container, set[str]]:
    found: dict[Container, set[str]] = {}
    for reading in readings:
        for container, program in reading.programs:
            found.setdefault(given.copies.get(container, container), set()).add(program)
    return found


def _settle_activities(
    containers: Iterable[Container],
    invocations: Iterable[Invocation],
    programs: Mapping[Container, set[str]],
    policy: Policy,
) -> None:
    own: dict[Container, list[Invocation]] = {}
    for invocation in invocations:
        if invocation.container is not None:
            own.setdefault(invocation.container, []).append(invocation)
    scaled = _scaled(containers, invocations)
    for container in containers:
        sandbox, evidence, fact = sandbox_of(container, policy)
        container.settle(
            Activity(
                invocations=tuple(own.get(container, ())),
                programs=frozenset(programs[container]) if container in programs else None,
                as_root=as_root(container),
                sandbox=sandbox,
                sandbox_evidence=evidence,
                sandbox_fact=fact,
                scaled=scaled.get(container),
            )
        )


def _scaled(containers: Iterable[Container], invocations: Iterable[Invocation]) -> Mapping[Container, Text]:
    if not any(each.action.startswith("compose") for each in invocations):
        return {}
    from dindguard.infer.scaling import scaled_services

    return scaled_services(containers, invocations)


def _settle_purposes(containers: Iterable[Container], engines: Iterable[Engine], policy: Policy) -> None:
    started: dict[Container | None, list[Engine]] = {}
    for each in engines:
        started.setdefault(each.runs_in, []).append(each)
    for container in containers:
        own = started.get(container, [])
        container.settle(
            Purpose(
                engines=tuple(own),
                runs_containers=bool(own) or _runs_containers(container),
                known_socket_user=_socket_user(container, policy),
                proxy=None if own else _proxy(container),
                only_does=_only_does(container),
            )
        )


def _only_does(container: Container) -> str:
    words = (*(container.entrypoint or ()), *(container.command or ()))
    if not words:
        return ""
    from dindguard.infer.tasks import may_be_task, only_does

    return only_does(words) if may_be_task(words) else ""


def _proxy(container: Container) -> ProxyPermits | None:
    from dindguard.infer.proxies import is_proxy, permits_of

    return permits_of(container) if is_proxy(container) else None


def _settle_standings(
    containers: Sequence[Container], accesses: Iterable[Access], starters: Starters, names: Names
) -> None:
    found: dict[Container, list[Access]] = {}
    for access in accesses:
        found.setdefault(access.who, []).append(access)
    own = {container: tuple(mine) for container, mine in found.items()}
    escapes = find_escapes(containers, own, starters)
    for container in containers:
        mine = own.get(container, ())
        role = _role(container)
        if role is Role.OTHER and _is_client(container, mine):
            role = Role.ENGINE_CLIENT
        escape = escapes.get(container)
        told = {access.endpoint.text for access in mine if access.endpoint is not None}
        unknown = unknown_addresses(container) if container.started else ()
        container.settle(
            Standing(
                role=role,
                runs_on=starters.of(container),
                accesses=mine,
                dead_ends=dead_ends(container, names),
                unknown_engines=tuple(address for address in unknown if address not in told),
                escape=escape,
            )
        )


def _started_from(containers: Iterable[Container]) -> frozenset[Container]:
    """Return the build stages that a container of the scan is started from."""
    started = (container for container in containers if container.started)
    return frozenset(link for container in started for link in chain(container) if link is not container)


def _settle_contacts(
    engines: Iterable[Engine], accesses: Iterable[Access], started_from: frozenset[Container]
) -> None:
    clients: dict[Engine | Machine, list[Access]] = {}
    for access in accesses:
        clients.setdefault(access.to, []).append(access)
    engines = tuple(engines)
    around = dict.fromkeys(engine.container.workload for engine in engines if engine.container is not None)
    of_runners = {each for each in around if any(one.role is Role.CI_RUNNER for one in each.containers)}
    for engine in engines:
        engine.settle(
            Contact(
                exposures=exposures_of(engine, started_from),
                clients=tuple(clients.get(engine, ())),
                beside_runner=engine.container is not None and engine.container.workload in of_runners,
                spoken_for=engine.container in started_from,
            )
        )


def _role(container: Container) -> Role:
    if container.engine is not None:
        return Role.ENGINE
    if container.proxy is not None and container.proxy.permits is not Permit.EVERYTHING:
        return Role.SOCKET_PROXY
    image = base_image(container) or container.image
    if image is not None and image.runner is not None:
        return Role.CI_RUNNER
    return Role.ENGINE_CLIENT if image is not None and image.engine is not None else Role.OTHER


def _runs_containers(container: Container) -> bool:
    image = base_image(container)
    by_image = image is not None and image.engine is not None and image.engine.runs_containers
    return (by_image and not keeps_engine_off(container)) or _builds_by_itself(container)


def _builds_by_itself(container: Container) -> bool:
    """Whether its program starts BuildKit for one build, whatever its image is called."""
    words = (*(container.entrypoint or ()), *(container.command or ()))[:1]
    return any(word.pattern.endswith("buildctl-daemonless.sh") for word in words)


def _socket_user(container: Container, policy: Policy) -> str | None:
    image = container.image
    if image is None:
        return known_images.socket_user_called(container.name) if container.build is None else None
    if any(
        image.repository == user or image.repository.endswith(f"/{user}") for user in policy.first_party_socket_users
    ):
        return image.repository
    return known_images.socket_user_called(container.name) if image.from_anywhere else image.known_socket_user


def _is_client(container: Container, accesses: Iterable[Access]) -> bool:
    if any(access.uses for access in accesses):
        return True
    return any(
        invocation.kind is InvocationKind.ENGINE_CALL and not invocation.remote
        for invocation in container.invocations
    )


def _storages(containers: Iterable[Container]) -> tuple[Storage, ...]:
    """Return each storage once, with everybody who mounts it; equal identities are one storage."""
    users: dict[str, list[tuple[Container, Mount]]] = {}
    same: dict[str, dict[Storage, None]] = {}
    for container in containers:
        for mount in container.mounts:
            if mount.storage is not None:
                users.setdefault(mount.storage.identity, []).append((container, mount))
                same.setdefault(mount.storage.identity, {})[mount.storage] = None
    for identity, storages in same.items():
        sharing = Sharing(users=tuple(users[identity]))
        for storage in storages:
            storage.settle(sharing)
    return tuple(next(iter(storages)) for storages in same.values())


__all__ = ["Access", "Workload", "infer"]
