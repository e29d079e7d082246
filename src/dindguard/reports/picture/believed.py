"""What the picture asks the model. No other module of the picture knows the model's names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dindguard.model import paths
from dindguard.model.access import Access
from dindguard.model.container import Container, Role, Sandbox
from dindguard.model.credit import credits_of
from dindguard.model.engine import Endpoint, Engine, Exposure, Machine, Reach
from dindguard.model.mount import Mount, MountKind, Storage
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.model.workload import Platform
from dindguard.records import record
from dindguard.source import Span
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    from dindguard.scanning import Report

_MACHINES = {
    Platform.KUBERNETES: "the node",
    Platform.SWARM: "the host",
    Platform.GITLAB: "the runner's machine",
    Platform.GITHUB: "the runner's machine",
    Platform.AZURE: "the agent's machine",
    Platform.DRONE: "the runner's machine",
    Platform.CONCOURSE: "a worker of Concourse",
    Platform.OTHER_CI: "the runner's machine",
}
_BEYOND = (Reach.PUBLISHED, Reach.HOST_NETWORK, Reach.CLUSTER, Reach.PUBLISHED_LOCALLY)

BUILDKIT = EngineProduct.BUILDKIT

__all__ = ["Access", "Container", "Endpoint", "Engine", "Mount", "Storage"]


@record
class Place:
    """A machine outside the model: its name in the picture, and what is known about it."""

    name: str
    note: str = ""


@record
class State:
    """Where an engine keeps its state: its name, and what makes two of them one (``identity``, or the ``path``)."""

    name: str
    note: str
    identity: str
    path: str
    about: Storage | None
    span: Span
    own: bool


def acting(report: Report) -> Iterator[Container]:
    """Yield every container that something starts."""
    for container in report.model.containers:
        if container.started or container.engine is not None:
            yield container


def host_engines(report: Report) -> Iterator[Engine]:
    """Yield the engines of machines, which run in no container."""
    yield from report.model.machine_engines


def engines_of(container: Container) -> tuple[Engine, ...]:
    """Return the engines that run in a container."""
    return container.engines if container.started else ()


def runs_in(engine: Engine) -> Container | None:
    """Return the container that an engine runs in; ``None`` for a machine's own."""
    return engine.container


def accesses(container: Container) -> tuple[Access, ...]:
    """Return the engines that a container can command, and how."""
    return container.accesses if container.started else ()


def is_proxy(container: Container) -> bool:
    """Whether it stands between clients and an engine's socket and filters."""
    return container.role is Role.SOCKET_PROXY


def openings(container: Container) -> Iterator[tuple[Reach, bool]]:
    """Yield who beyond its networks reaches a socket proxy, and whether it lets them start any container."""
    enough = container.proxy is not None and container.proxy.permits.starts_containers
    for port in container.ports if is_proxy(container) else ():
        local = Reach.CLUSTER if port.cluster_only else Reach.PUBLISHED_LOCALLY
        yield local if port.loopback or port.cluster_only else Reach.PUBLISHED, enough


def hands_on(access: Access) -> bool:
    """Whether an access gives all that its engine can do: containers of any kind, and proof where it is asked for."""
    return access.permits.starts_containers and access.credentials and not access.rootless


def limit(access: Access) -> str:
    """Return why an access hands on less than its engine can do; empty when it does not."""
    if not access.permits.starts_containers:
        return f"permits {access.permits}"
    if not access.credentials:
        return "has no certificate"
    return "rootless" if access.rootless else ""


def by_address(access: Access) -> Endpoint | None:
    """Return the listener that an access arrives at, or the address of an engine that no file shows."""
    if isinstance(access.via, Mount) or access.endpoint is None:
        return None
    if isinstance(access.to, Machine):
        return access.endpoint
    tcp = [each for each in access.to.listens if each.scheme == "tcp"]
    return next((each for each in tcp if each.port == access.port), tcp[0] if tcp else access.endpoint)


def proof(endpoint: Endpoint) -> str:
    """Return in words whom a listener, or the client of one, asks who the other is."""
    if endpoint.authenticated is not None:
        known = {True: "asks for a certificate", False: "no authentication", None: "authentication not known"}
        return known[endpoint.authenticated.state]
    if endpoint.scheme == "ssh":
        return "asks for a key"
    return "encrypted" if endpoint.encrypted is not None and endpoint.encrypted.on else "not encrypted"


def asks_nobody(endpoint: Endpoint) -> bool:
    """Whether anyone who connects is obeyed."""
    return endpoint.authenticated is not None and endpoint.authenticated.off


def socket_path(access: Access) -> str:
    """Return the path of the socket that an access goes through, as people know it."""
    via = access.via
    if isinstance(via, Mount):
        path = via.host_path or (
            access.endpoint.host if access.endpoint is not None else str(via.source or via.target)
        )
        return path.replace(UNKNOWN_PIECE, "…")
    return f"{access.product}'s socket, given by the platform"


def socket_note(access: Access) -> str:
    """Return whose socket it is, and where it lies when a whole directory was mounted."""
    path = socket_path(access)
    return f"{access.product}'s socket" + ("" if path.endswith("sock") or "/" not in path else " is in it")


def is_host(target: Engine | Machine) -> bool:
    """Whether an access leads to a machine's own engine, which no file describes."""
    return isinstance(target, Machine)


def ground_of(container: Container) -> Engine | Place:
    """Return what a container's privileges lead to: the engine in whose container it runs, or its machine.

    The files do not say whether two machines of one name are one.
    """
    starter = container.runs_on
    if isinstance(starter, Engine) and starter.container is not None:
        return starter
    if isinstance(starter, Machine) and not starter.own:
        return _other(starter)
    label = container.hosted_machine
    if label is not None:
        return Place(f"hosted machine {label}", "ends with the job")
    return Place(_MACHINES.get(container.workload.platform, "the host"))


def _other(machine: Machine) -> Place:
    return Place(f"host {machine.name}".replace(UNKNOWN_PIECE, "…"), "another machine")


def machine_at(access: Access) -> Engine | Place:
    """Return the machine whose engine an access commands, or the engine that stands for it inside a container."""
    target = access.to
    return _other(target) if isinstance(target, Machine) and not target.own else ground_of(access.who)


def machine_of_engine(engine: Engine) -> Place:
    """Return the machine that an engine without a container runs on."""
    del engine
    return Place("the host")


def network_between(container: Container, engine: Engine) -> str:
    """Return over what a container connects to an engine's container, in words; empty for a machine's own."""
    owner = engine.container
    if owner is None:
        return ""
    if container.workload is not owner.workload:
        shared = [scope for scope in container.scopes if scope in owner.scopes]
        return f"network {_plain(shared[0])}" if shared else "a network of both"
    if container.workload.shared_network:
        return "the pod's network"
    if container.joins("network") is owner or owner.joins("network") is container:
        return "one network namespace"
    if container.workload.platform in (
        Platform.GITLAB,
        Platform.GITHUB,
        Platform.AZURE,
        Platform.DRONE,
        Platform.CONCOURSE,
        Platform.OTHER_CI,
    ):
        return "the job's network"
    theirs = {name.pattern for name in owner.networks} or {"default"}
    names = [name.pattern for name in container.networks] or ["default"]
    return f"network {next((name for name in names if name in theirs), 'of the host')}".replace(UNKNOWN_PIECE, "…")


def _plain(scope: str) -> str:
    return scope.rpartition(":")[2].rpartition("/")[2] or scope


def exposures(engine: Engine) -> Iterator[Exposure]:
    """Yield who else can connect to an engine, beyond the containers of its network."""
    for exposure in engine.exposures:
        if exposure.reach in _BEYOND:
            yield exposure


def privileges(container: Container) -> Iterator[tuple[str, str, Span]]:
    """Yield what leads to the machine without any engine: its name, what that means, and its place."""
    if container.privileged.on and container.sandbox is Sandbox.NONE:
        yield "privileged mode", "every device and capability", container.privileged.span
    for mount in () if container.ordinary_user else container.host_mounts:
        path = mount.host_path
        if path is not None and paths.classify(path) is paths.HostPath.ROOT and not mount.read_only.on:
            yield "the host's /", "mounted writable", mount.span
            return


def escape_of(container: Container) -> tuple[str, Span] | None:
    """Return the words that decide a container's way to root on its machine; ``None`` when the files show none."""
    steps = container.escape.steps if container.escape is not None else ()
    return (steps[len(steps) // 2].what, steps[len(steps) // 2].span) if steps else None


def states(container: Container) -> Iterator[State]:
    """Yield the engine states that a container holds and that others could hold as well."""
    for mount in container.mounts:
        own = any(mount is engine.data_mount for engine in engines_of(container))
        path, storage = mount.host_path, mount.storage
        root, product = _state_on_host(path or "")
        if not (own or root) or _own_copy(mount):
            continue
        if path is not None:
            note = f"the state of the machine's {product}" if product else "a directory of the machine"
            path = path.replace(UNKNOWN_PIECE, "…")
            yield State(root or path, note, "", path, storage, mount.span, own)
        else:
            name = str(storage) if storage is not None else str(mount.source or mount.target)
            identity = storage.identity if storage is not None else name
            yield State(name, "", identity, name, storage, mount.span, own)


def _state_on_host(path: str) -> tuple[str, str]:
    """Return an engine's own directory on its machine that a path is, or is part of, and the engine; else nothing."""
    product = paths.data_root_of(path)
    if product is None or product == "kubernetes" or paths.classify(path) is not paths.HostPath.ENGINE_STATE:
        return "", ""
    return next((root for root in paths.DATA_ROOTS if paths.inside(path, root)), path), str(product)


def _own_copy(mount: Mount) -> bool:
    """Whether nobody else can have the same storage: each container gets its own."""
    storage = mount.storage
    return mount.kind in (MountKind.ANONYMOUS, MountKind.TMPFS) or (storage is not None and storage.per_replica)


def engine_notes(engine: Engine) -> Iterator[str]:
    """Yield what an engine is, and those that run beside it in its container, in short lines."""
    container = engine.container
    for each in container.engines or (engine,) if container is not None else (engine,):
        version = f" {'.'.join(map(str, each.version))}" if each.version else ""
        yield f"{each.product}{version} engine" + (", rootless" if each.rootless.on else "")
    if container is None:
        return
    yield from container_notes(container)
    if container.privileged.on and container.sandbox is Sandbox.NONE:
        yield "privileged"


def container_notes(container: Container) -> Iterator[str]:
    """Yield what else decides how far a container reaches."""
    if container.sandbox is not Sandbox.NONE:
        yield f"in {'a ' if container.sandbox is not Sandbox.GVISOR else ''}{container.sandbox}"
    if container.has_several_copies:
        yield "several copies"


def ends_because(container: Container) -> tuple[str, ...]:
    """Return why a container that has to do with engines has no way to the machine."""
    return tuple(why for why, _ in credits_of(container))


def label_of(thing: Any) -> str:
    """Return kind and name of a container or an engine, as messages begin."""
    return str(thing)


def name_of(container: Container) -> str:
    """Return a container's own name, or that of what it belongs to."""
    return container.name or container.workload.name or container.kind.unnamed(container.client)
