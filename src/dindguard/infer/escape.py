"""The shortest way from each container to root on the host.

One search from the hosts backwards over the accesses, nearest containers first: a way through an engine goes on as the
engine's own container does. Ways share their ends, so that a long chain of engines costs what it has links.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping

from dindguard import budget
from dindguard.infer.starters import Starters
from dindguard.model import paths
from dindguard.model.access import Access, EscapePath
from dindguard.model.container import Container, Sandbox
from dindguard.model.engine import Engine, Machine
from dindguard.source import Step

_ONWARD = 1
"""So many steps longer, at least, is a way that goes on from another container than that one's own."""
_FAR = 1 << 30

Accesses = Mapping[Container, tuple[Access, ...]]


def find_escapes(
    containers: Iterable[Container], accesses: Accesses, starters: Starters
) -> dict[Container, EscapePath]:
    """Return every container's shortest way to root on the host, where the files show one.

    ``accesses`` are those of all containers. Of ways equally long, a container's own comes first, then its accesses in order.
    """
    search = _Search(accesses, starters)
    return search.run(dict.fromkeys((*containers, *accesses)))


class _Search:
    """One search over all containers."""

    def __init__(self, accesses: Accesses, starters: Starters) -> None:
        self._accesses = accesses
        self._starters = starters
        self._found: dict[Container, EscapePath] = {}

    def run(self, containers: Collection[Container]) -> dict[Container, EscapePath]:
        """Return the ways, found nearest first."""
        before = self._before(containers)
        order = itertools.count()
        waiting: list[tuple[int, int, Container]] = []
        nearest: dict[Container, int] = {}  # as far as each is known to be

        def put(container: Container) -> None:
            way = _shortest(self._ways(container))
            if way is not None:
                nearest[container] = way.length
                heapq.heappush(waiting, (way.length, next(order), container))

        for container in containers:
            put(container)
        while waiting:
            _, _, container = heapq.heappop(waiting)
            if container in self._found:
                continue
            way = _shortest(self._ways(container))
            assert way is not None
            budget.within(budget.WAY_STEPS, way.length, container)
            self._found[container] = way
            for further in before.get(container, ()):
                # Of many that reach each other most have a shorter way already: it is not sought again.
                if further not in self._found and nearest.get(further, _FAR) > way.length + _ONWARD:
                    put(further)
        return self._found

    def _before(self, containers: Iterable[Container]) -> dict[Container, list[Container]]:
        """Return whose ways may go on through a container: its engine's clients, and what its engine starts."""
        before: dict[Container, dict[Container, None]] = {}
        for container in containers:
            owners = [_owner(access) for access in self._accesses.get(container, ())]
            for owner in (*owners, self._started_inside(container)):
                if owner is not None and owner is not container:
                    before.setdefault(owner, {})[container] = None
        return {owner: list(found) for owner, found in before.items()}

    def _ways(self, container: Container) -> Iterator[EscapePath]:
        """Yield a container's ways in order: its own, then those of its accesses, as far as their ends are known."""
        yield from self._alone(container)
        for access in self._accesses.get(container, ()):
            owner = _owner(access)
            if isinstance(access.to, Machine):
                yield from _to_machine(container, access)
            elif owner is not None and owner is not container and owner in self._found:
                inside = Step(f"a privileged container there has all that {owner} has", access.span)
                yield EscapePath(own=(_begin(container), *access.steps, inside), onward=self._found[owner])

    def _alone(self, container: Container) -> Iterator[EscapePath]:
        """Yield the way that needs nobody else: full privilege, or the host's file system.

        What a nested engine starts gets to that engine's container by it, and goes on from there.
        """
        step = _own_step(container)
        if step is None:
            return
        outer = self._started_inside(container)
        if outer is None:
            yield EscapePath(own=(_begin(container), step, _end(container)))
        elif outer in self._found:
            inside = Step(f"a container like this has all that {outer} has", step.span)
            yield EscapePath(own=(_begin(container), inside), onward=self._found[outer])

    def _started_inside(self, container: Container) -> Container | None:
        """Return the container whose engine starts this one."""
        starter = self._starters.of(container)
        return starter.container if isinstance(starter, Engine) else None


def _owner(access: Access) -> Container | None:
    """Return the container whose engine an access commands, if that is a way on."""
    if isinstance(access.to, Machine) or not _leads_on(access):
        return None
    return access.to.container


def _leads_on(access: Access) -> bool:
    return access.permits.starts_containers and not access.rootless and access.credentials


def _shortest(ways: Iterable[EscapePath]) -> EscapePath | None:
    return min(ways, key=lambda way: way.length, default=None)


def _own_step(container: Container) -> Step | None:
    for mount in container.mounts:
        if (
            mount.host_path is not None
            and paths.classify(mount.host_path) is paths.HostPath.ROOT
            and not mount.read_only.on
        ):
            return Step("the host's root file system is mounted writable", mount.span)
    if container.privileged.on and container.sandbox is Sandbox.NONE and container.started:
        return Step("privileged mode gives every device and capability of the host", container.privileged.span)
    return None


def _to_machine(container: Container, access: Access) -> Iterator[EscapePath]:
    if not isinstance(access.to, Machine) or not _leads_on(access):
        return
    proxy = (Step(f"the proxy {access.proxy} lets containers be created", access.proxy.span),) if access.proxy else ()
    last = Step("a new container with / mounted is root there", access.span)
    yield EscapePath(own=(_begin(container), *access.steps, *proxy, last, _end(container, access.to)))


def _begin(container: Container) -> Step:
    return Step(f"code in {container}", container.span)


def _end(container: Container, host: Machine | None = None) -> Step:
    where = "the host" if host is None or host.own else str(host)
    return Step(f"root on {where}", container.span)
