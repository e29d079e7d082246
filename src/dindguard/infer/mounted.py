"""Who can command an engine through what is mounted: a socket of the host's, or of an engine beside or around it."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.infer.inside import Insides
from dindguard.infer.starters import Starters
from dindguard.model import paths
from dindguard.model.access import Access, Permit
from dindguard.model.container import Container
from dindguard.model.engine import Endpoint, Engine, Machine
from dindguard.model.mount import Mount
from dindguard.source import Step
from dindguard.vocabulary import EngineProduct


def through_mounts(
    container: Container, starter: Engine | Machine | None, starters: Starters, inside: Insides
) -> Iterator[Access]:
    """Yield the accesses that a container's mounts give it; ``starter`` is the engine that starts it, if that is known."""
    for mount in container.mounts:
        if isinstance(starter, Engine):
            yield from _through_engines_files(container, mount, starter, starters)
        else:
            yield from _through_mount(container, mount, inside)


def _through_engines_files(
    container: Container, mount: Mount, starter: Engine, starters: Starters
) -> Iterator[Access]:
    """Yield the access through a socket among the files of the container whose engine starts this one."""
    socket, owner = mount.socket(), starter.container
    if socket is None or owner is None:
        return
    path = mount.host_path if paths.socket_at(mount.host_path or "") is not None else socket.pattern
    if mount.host_path is None or path is None:
        return
    found = starters.at_socket(owner, path, mount.span)
    if found is not None:
        yield Access(
            who=container, to=found, via=mount, product=socket.product, span=mount.span, uses=True,
            rootless=isinstance(found, Engine) and found.rootless.on, through=path,
            steps=(Step(f"{container} reaches a socket of {owner}", mount.span),),
        )  # fmt: skip


def _through_mount(container: Container, mount: Mount, inside: Insides) -> Iterator[Access]:
    """Yield the accesses that a mount gives, by the first of these ways that it is."""
    placed = inside.on_the_host.get(mount.host_path or "")
    if (socket := mount.socket()) is not None:
        yield from _to_hosts_socket(container, mount, socket)
    elif (path := container.workload.socket_behind(mount.host_path or "")) != "":
        yield _to_its_own_engine(container, mount, path)
    elif placed is not None and placed[0] not in container.engines:
        says = f"{container} is given the socket that {placed[0]} keeps on the host"
        yield _to_nested_engine(container, mount, *placed, says)
    elif (assumed := mount.assumed_socket()) is not None and not _made_beside(container, mount):
        yield Access(
            who=container, to=Machine(name="", span=mount.span), via=mount, product=assumed.product, span=mount.span,
            rootless=assumed.rootless or container.keeps_users_id, assumed=True, uses=True,
            through=f"what is mounted at {mount.target}",
            steps=(Step(f"{container} is given the {assumed.product} socket that clients look for", mount.span),),
        )  # fmt: skip
    elif mount.storage is not None and mount.target.known:
        for engine, endpoint in inside.of(container.workload).sockets.get(mount.storage.identity, ()):
            if engine not in container.engines:
                says = f"{container} shares the directory in which {engine} has its socket"
                yield _to_nested_engine(container, mount, engine, endpoint, says)


def _to_hosts_socket(container: Container, mount: Mount, socket: paths.EngineSocket) -> Iterator[Access]:
    path = mount.host_path or ""
    uses = paths.socket_at(path) is not None
    above = not uses and not paths.inside(path, "/run")
    if (container.user_of_host and not uses) or (container.ordinary_user and above and not container.groups):
        return  # the first socket below is root's, and its permissions keep other users out
    usual = socket if uses else _of_the_usual_engine(container, path) or socket
    whichever = usual is not socket
    below = f"its socket below {mount.shown_path}, be it containerd's, CRI-O's or Docker's"
    reaches = "the socket of the host's engine" if whichever else f"the host's {socket.product} socket"
    yield Access(
        who=container, to=Machine(name="", span=mount.span), via=mount, product=usual.product, span=mount.span,
        rootless=socket.rootless, uses=uses,
        permits=Permit.BUILD if socket.product is EngineProduct.BUILDKIT else Permit.EVERYTHING,
        through=mount.shown_path if uses else below if whichever else f"{socket.pattern}, below {mount.shown_path}",
        deliberate=uses or paths.inside(path, "/run"), whichever=whichever,
        steps=(Step(f"{container} reaches {reaches}", mount.span),),
    )  # fmt: skip


def _of_the_usual_engine(container: Container, folder: str) -> paths.EngineSocket | None:
    """Return the socket below a folder that is of the engine that the platform's machines usually run."""
    usual = container.workload.platform.node_engine
    return next((each for each in paths.sockets_below(folder) if each.product is usual and not each.rootless), None)


def _to_nested_engine(container: Container, mount: Mount, engine: Engine, endpoint: Endpoint, says: str) -> Access:
    return Access(
        who=container, to=engine, via=mount, product=engine.product, span=mount.span, endpoint=endpoint, uses=True,
        rootless=engine.rootless.on, steps=(Step(says, mount.span),),
    )  # fmt: skip


def _made_beside(container: Container, mount: Mount) -> bool:
    """Whether a nested engine of the same workload keeps its socket in the directory that the mount's source is in."""
    path = mount.host_path or ""
    return any(
        other.host_path is not None and paths.inside(path, other.host_path)
        for neighbour in container.workload.containers
        if neighbour is not container and neighbour.engines
        for other in neighbour.host_mounts
    )


def _to_its_own_engine(container: Container, mount: Mount, path: str) -> Access:
    """Through the socket at which the engine that runs it was asked, wherever that lies."""
    uses = mount.host_path == path
    product = container.workload.engine_product or EngineProduct.DOCKER
    return Access(
        who=container, to=Machine(name="", span=mount.span), via=mount, product=product, span=mount.span, uses=uses,
        through=path if uses else f"{path}, below {mount.shown_path}",
        deliberate=uses or path.rpartition("/")[0] == mount.host_path,
        steps=(Step(f"{container} reaches the host's {product} socket", mount.span),),
    )  # fmt: skip
