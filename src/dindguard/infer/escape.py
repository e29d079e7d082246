"""The shortest way from a container to root on the host."""

from __future__ import annotations

from collections.abc import Mapping

from dindguard.model import paths
from dindguard.model.access import Access, EscapePath, Permit
from dindguard.model.container import Container, Sandbox
from dindguard.model.engine import Engine, Machine
from dindguard.source import Step

_ENOUGH = frozenset({Permit.EVERYTHING, Permit.CREATE})


Accesses = Mapping[Container, tuple[Access, ...]]


def escape_of(container: Container, accesses: Accesses) -> EscapePath | None:
    """Return a container's shortest way to root on the host; ``None`` when the files show none.

    ``accesses`` are those of all containers.
    """
    steps = _shortest(container, accesses, frozenset())
    return EscapePath(steps=steps) if steps else None


def _shortest(container: Container, accesses: Accesses, passed: frozenset[Container]) -> tuple[Step, ...]:
    """Return the steps of the shortest way; ``passed`` are already on it, so that engines commanding each other end."""
    if container in passed:
        return ()
    ways = [_own(container)]
    own = accesses.get(container, ())
    ways.extend(_through(container, access, accesses, passed | {container}) for access in own)
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


def _through(
    container: Container, access: Access, accesses: Accesses, passed: frozenset[Container]
) -> tuple[Step, ...]:
    if access.permits not in _ENOUGH or access.rootless or not access.credentials:
        return ()
    begin = _begin(container)
    if isinstance(access.to, Machine):
        proxy = (
            (Step(f"the proxy {access.proxy} lets containers be created", access.proxy.span),) if access.proxy else ()
        )
        last = Step("a new container with / mounted is root there", access.span)
        return (begin, *access.steps, *proxy, last, _end(container, access.to))
    return _through_engine(begin, access, access.to, accesses, passed)


def _through_engine(
    begin: Step, access: Access, engine: Engine, accesses: Accesses, passed: frozenset[Container]
) -> tuple[Step, ...]:
    owner = engine.container
    if owner is None:
        return ()
    onward = _shortest(owner, accesses, passed)
    if not onward:
        return ()
    inside = Step(f"a privileged container there has all that {owner} has", access.span)
    return (begin, *access.steps, inside, *onward[1:])


def _begin(container: Container) -> Step:
    return Step(f"code in {container}", container.span)


def _end(container: Container, host: Machine | None = None) -> Step:
    where = "the host" if host is None or host.own else str(host)
    return Step(f"root on {where}", container.span)
