"""From what files say to what it means: roles, engines, who can command them, what contains them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dindguard.formats import Reading
from dindguard.infer.build_grants import find_build_grants
from dindguard.infer.engines import find_engines
from dindguard.infer.escape import find_escapes
from dindguard.infer.exposure import find_exposures
from dindguard.infer.images import base_image, link_builds
from dindguard.infer.proxies import permits_of
from dindguard.infer.reach import find_accesses
from dindguard.infer.runners import apply_runners
from dindguard.infer.sandbox import sandbox_of
from dindguard.infer.scripts import link_scripts
from dindguard.infer.users import as_root
from dindguard.model.access import Access
from dindguard.model.container import Container, Role
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.model import Model, Policy
from dindguard.model.mount import Mount, Storage
from dindguard.model.workload import Workload


def infer(readings: Iterable[Reading], policy: Policy | None = None) -> Model:
    """Conclude everything that no file says by itself, and return the frozen model."""
    readings = list(readings)
    workloads = tuple(workload for reading in readings for workload in reading.workloads)
    invocations = tuple(invocation for reading in readings for invocation in reading.invocations)
    configurations = tuple(configuration for reading in readings for configuration in reading.configurations)
    containers = tuple(container for workload in workloads for container in workload.containers)

    link_builds(workloads)
    apply_runners(workloads)
    _link_invocations(invocations)
    _link_programs(readings)
    link_scripts(containers, invocations)
    for container in containers:
        sandbox, evidence = sandbox_of(container)
        container.conclude(sandbox=sandbox, sandbox_evidence=evidence, as_root=as_root(container))
    hosts = (engine for reading in readings for engine in reading.engines)
    engines = (*find_engines(containers, configurations), *hosts)
    policy = policy or Policy()
    for container in containers:
        container.conclude(
            role=_role(container),
            runs_containers=_runs_containers(container),
            known_socket_user=_socket_user(container, policy),
        )
        if container.role is Role.SOCKET_PROXY:
            container.conclude(proxy=permits_of(container))
    find_exposures(engines)
    accesses = find_accesses(containers)
    for container in containers:
        if container.role is Role.OTHER and _is_client(container):
            container.conclude(role=Role.ENGINE_CLIENT)
    find_escapes(containers)
    return Model(
        workloads=workloads,
        engines=engines,
        accesses=accesses,
        storages=_storages(containers),
        invocations=invocations,
        build_grants=find_build_grants(containers, invocations, engines),
        policy=policy,
    )


def _link_invocations(invocations: Sequence[Invocation]) -> None:
    found: dict[Container, list[Invocation]] = {}
    for invocation in invocations:
        if invocation.container is not None:
            found.setdefault(invocation.container, []).append(invocation)
    for container, own in found.items():
        container.conclude(invocations=tuple(own))


def _link_programs(readings: Iterable[Reading]) -> None:
    found: dict[Container, set[str]] = {}
    for reading in readings:
        for container, program in reading.programs:
            found.setdefault(container, set()).add(program)
    for container, programs in found.items():
        container.conclude(programs=frozenset(programs))


def _role(container: Container) -> Role:
    if container.engine is not None:
        return Role.ENGINE
    image = base_image(container) or container.image
    if image is None:
        return Role.OTHER
    if image.socket_proxy is not None:
        return Role.SOCKET_PROXY
    if image.runner is not None:
        return Role.CI_RUNNER
    if image.engine is not None:
        return Role.ENGINE_CLIENT
    return Role.OTHER


def _runs_containers(container: Container) -> bool:
    if container.engine is not None:
        return True
    image = base_image(container)
    return image is not None and image.engine is not None and image.engine.runs_containers


def _socket_user(container: Container, policy: Policy) -> str | None:
    image = container.image
    if image is None:
        return None
    if any(
        image.repository == user or image.repository.endswith(f"/{user}") for user in policy.first_party_socket_users
    ):
        return image.repository
    return image.known_socket_user


def _is_client(container: Container) -> bool:
    if any(access.uses for access in container.accesses):
        return True
    return any(
        invocation.kind is InvocationKind.ENGINE_CALL and not invocation.remote
        for invocation in container.invocations
    )


def _storages(containers: Iterable[Container]) -> tuple[Storage, ...]:
    """Return each storage once, with everybody who mounts it; equal identities are one storage."""
    users: dict[str, tuple[Storage, list[tuple[Container, Mount]]]] = {}
    for container in containers:
        for mount in container.mounts:
            if mount.storage is not None:
                entry = users.setdefault(mount.storage.identity, (mount.storage, []))
                entry[1].append((container, mount))
    for storage, found in users.values():
        storage.conclude(users=tuple(found))
    for container in containers:
        for mount in container.mounts:
            if mount.storage is not None:
                mount.storage.conclude(users=users[mount.storage.identity][0].users)
    return tuple(storage for storage, _ in users.values())


__all__ = ["Access", "Workload", "infer"]
