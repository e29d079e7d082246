"""The shortest way from a container to root on the host."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.model import paths
from dindguard.model.access import Access, EscapePath, Permit
from dindguard.model.container import Container, Sandbox
from dindguard.model.engine import Engine, Machine
from dindguard.source import Step

_ENOUGH = frozenset({Permit.EVERYTHING, Permit.CREATE})


def find_escapes(containers: Iterable[Container]) -> None:
    """Give each container its escape path, where the files show one."""
    for container in containers:
        steps = shortest(container, frozenset())
        if steps:
            container.conclude(escape=EscapePath(steps=steps))


def shortest(container: Container, passed: frozenset[Container]) -> tuple[Step, ...]:
    """Return the steps of the shortest way; ``()`` when the files show none.

    ``passed`` are the containers already on the way, so that engines commanding each other end.
    """
    if container in passed:
        return ()
    ways = [_own(container)]
    ways.extend(_through(container, access, passed | {container}) for access in container.accesses)
    return min((way for way in ways if way), key=len, default=())


def _own(container: Container) -> tuple[Step, ...]:
    """Return the way that needs nobody else: full privilege, or the host's file system."""
    begin = _begin(container)
    for mount in container.mounts:
        if (
            mount.host_path is not None
            and paths.classify(mount.host_path) is paths.HostPath.ROOT
            and not mount.read_only.on
        ):
            return (begin, Step("the host's root file system is mounted writable", mount.span), _end(container))
    if container.privileged.on and container.sandbox is Sandbox.NONE and container.started:
        return (begin, Step("privileged mode gives every device and capability of the host", container.privileged.span),
                _end(container))  # fmt: skip
    return ()


def _through(container: Container, access: Access, passed: frozenset[Container]) -> tuple[Step, ...]:
    if access.permits not in _ENOUGH or access.rootless or not access.credentials:
        return ()
    begin = _begin(container)
    if isinstance(access.to, Machine):
        proxy = (
            (Step(f"the proxy {access.proxy} lets containers be created", access.proxy.span),) if access.proxy else ()
        )
        last = Step("a new container with / mounted is root there", access.span)
        return (begin, *access.steps, *proxy, last, _end(container, access.to))
    return _through_engine(begin, access, access.to, passed)


def _through_engine(begin: Step, access: Access, engine: Engine, passed: frozenset[Container]) -> tuple[Step, ...]:
    owner = engine.container
    if owner is None:
        return ()
    onward = shortest(owner, passed)
    if not onward:
        return ()
    inside = Step(f"a privileged container there has all that {owner} has", access.span)
    return (begin, *access.steps, inside, *onward[1:])


def _begin(container: Container) -> Step:
    return Step(f"code in {container}", container.span)


def _end(container: Container, host: Machine | None = None) -> Step:
    where = "the host" if host is None or host.own else str(host)
    return Step(f"root on {where}", container.span)
