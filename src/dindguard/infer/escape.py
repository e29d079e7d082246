"""The shortest way from a container to root on the host."""

from __future__ import annotations

from collections.abc import Mapping

from dindguard.infer.starters import Starters
from dindguard.model import paths
from dindguard.model.access import Access, EscapePath, Permit
from dindguard.model.container import Container, Sandbox
from dindguard.model.engine import Engine, Machine
from dindguard.records import record
from dindguard.source import Step

_ENOUGH = frozenset({Permit.EVERYTHING, Permit.CREATE})


@record(eq=False)
class Ways:
    """What leads out of the containers of a scan: the accesses of each, and the engine that starts each."""

    accesses: Mapping[Container, tuple[Access, ...]]
    starters: Starters


def escape_of(container: Container, ways: Ways) -> EscapePath | None:
    """Return a container's shortest way to root on the host; ``None`` when the files show none."""
    steps = _shortest(container, ways, frozenset())
    return EscapePath(steps=steps) if steps else None


def _shortest(container: Container, ways: Ways, passed: frozenset[Container]) -> tuple[Step, ...]:
    """Return the steps of the shortest way; ``passed`` are already on it, so that engines commanding each other end."""
    if container in passed:
        return ()
    further = passed | {container}
    found = [_own(container, ways, further)]
    found.extend(_through(container, access, ways, further) for access in ways.accesses.get(container, ()))
    return min((way for way in found if way), key=len, default=())


def _own(container: Container, ways: Ways, passed: frozenset[Container]) -> tuple[Step, ...]:
    """Return the way that needs nobody else: full privilege, or the host's file system.

    What a nested engine starts gets to that engine's container by it, and goes on from there.
    """
    way = _by_its_settings(container)
    starter = ways.starters.of(container)
    if not way or not isinstance(starter, Engine) or starter.container is None:
        return way
    onward = _shortest(starter.container, ways, passed)
    inside = Step(f"a container like this has all that {starter.container} has", way[1].span)
    return (way[0], inside, *onward[1:]) if onward else ()


def _by_its_settings(container: Container) -> tuple[Step, ...]:
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


def _through(container: Container, access: Access, ways: Ways, passed: frozenset[Container]) -> tuple[Step, ...]:
    if access.permits not in _ENOUGH or access.rootless or not access.credentials:
        return ()
    begin = _begin(container)
    if isinstance(access.to, Machine):
        proxy = (
            (Step(f"the proxy {access.proxy} lets containers be created", access.proxy.span),) if access.proxy else ()
        )
        last = Step("a new container with / mounted is root there", access.span)
        return (begin, *access.steps, *proxy, last, _end(container, access.to))
    return _through_engine(begin, access, access.to, ways, passed)


def _through_engine(
    begin: Step, access: Access, engine: Engine, ways: Ways, passed: frozenset[Container]
) -> tuple[Step, ...]:
    owner = engine.container
    if owner is None:
        return ()
    onward = _shortest(owner, ways, passed)
    if not onward:
        return ()
    inside = Step(f"a privileged container there has all that {owner} has", access.span)
    return (begin, *access.steps, inside, *onward[1:])


def _begin(container: Container) -> Step:
    return Step(f"code in {container}", container.span)


def _end(container: Container, host: Machine | None = None) -> Step:
    where = "the host" if host is None or host.own else str(host)
    return Step(f"root on {where}", container.span)
