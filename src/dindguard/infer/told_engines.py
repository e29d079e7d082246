"""Engines of which a runner's configuration tells: its address is a socket that its own container, not the host, has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.infer.clients import client_endpoint
from dindguard.infer.users import as_root
from dindguard.model.container import Container, ContainerKind
from dindguard.model.engine import Engine
from dindguard.model.launch import Launch
from dindguard.model.path_spelling import normalise
from dindguard.model.values import Flag, How, Text, unknown
from dindguard.model.workload import Workload, WorkloadKind
from dindguard.source import Span
from dindguard.vocabulary import EngineProduct


def told_engines(workloads: Iterable[Workload], engines: Iterable[Engine]) -> Iterator[Engine]:
    """Yield the engines beside runners that nothing shows to be started, and that have to be there all the same.

    Where a pod gives its runner nothing of the host at the address's path, whatever listens there runs in the pod: in the
    one other container that has the same directory, else in the runner's own, which an image unknown to us starts it in.
    """
    has = {each.container for each in engines}
    for workload in workloads:
        owner = workload.runs_in if workload.kind is WorkloadKind.RUNNER else None
        if owner is None or not owner.started or owner.kind is ContainerKind.SCRIPT:
            continue
        for address in dict.fromkeys(each.started_by for each in workload.containers if each.started_by is not None):
            keeper = _keeper(owner, address)
            if keeper is not None and has.isdisjoint(owner.workload.containers):
                yield _engine(keeper, address)


def _keeper(owner: Container, address: Text) -> Container | None:
    """Return the container in which an engine listens at a socket of ``owner``; ``None`` for a socket of the host, or none."""
    endpoint = client_endpoint(owner, address)
    if endpoint is None or endpoint.scheme != "unix":
        return None
    path = normalise(endpoint.host)
    mount = next((each for each in owner.mounts if each.provides(path) or each.provides(f"/var{path}")), None)
    if mount is None:
        return owner
    if mount.storage is None or mount.host_path is not None or mount.socket() is not None:
        return None
    identity = mount.storage.identity
    sharing = [
        each
        for each in owner.workload.containers
        if each is not owner
        and each.kind is not ContainerKind.INIT
        and any(other.storage is not None and other.storage.identity == identity for other in each.mounts)
    ]
    return sharing[0] if len(sharing) == 1 else owner


def _engine(owner: Container, address: Text) -> Engine:
    span: Span = address.span
    root = as_root(owner)
    return Engine(
        product=EngineProduct.PODMAN if "podman" in address.pattern else EngineProduct.DOCKER,
        span=span,
        address=f"{owner.address}.engine",
        owner=owner,
        launch=Launch(wrapper=False, arguments=(), settings=(), span=span, certain=False),
        listens=(),
        rootless=Flag(True, root.span, How.WRITTEN, "rootless")
        if root.off
        else Flag(None, span, How.INHERITED, "rootless"),
        data_root=unknown(span, "data-root"),
    )
