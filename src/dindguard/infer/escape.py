"""The shortest way from each container to root on the host.

One search from the hosts backwards over the accesses, nearest containers first: a way through an engine goes on as the
engine's own container does. Ways share their ends, so that a long chain of engines costs what it has links.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from dindguard import budget
from dindguard.infer.starters import Starters
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
        self._own_steps: dict[Container, Step | None] = {}

    def run(self, containers: Collection[Container]) -> dict[Container, EscapePath]:
        """Return the ways, found nearest first."""
        before = self._before(containers)
        waiting: dict[int, list[Container]] = {}  # by the length of their ways: those found meanwhile are longer
        nearest: dict[Container, int] = {}  # as far as each is known to be

        def put(container: Container) -> None:
            found = self._nearest(container)
            if found is not None:
                nearest[container] = found[0]
                waiting.setdefault(found[0], []).append(container)

        for container in containers:
            put(container)
        for container in _nearest_first(waiting):
            if container in self._found:
                continue
            found = self._nearest(container)
            assert found is not None
            way = self._way(container, found[1])
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

    def _nearest(self, container: Container) -> tuple[int, Access | None] | None:
        """Return the length of a container's shortest way, and the access that it begins with, if it does with one.

        Of ways equally long its own comes first. Only the one that is chosen is put into words.
        """
        best, through = self._alone(container), None
        for access in self._accesses.get(container, ()):
            length = self._length(container, access)
            if length is not None and (best is None or length < best):
                best, through = length, access
        return None if best is None else (best, through)

    def _alone(self, container: Container) -> int | None:
        """Return the length of the way that needs nobody else: full privilege, or the host's file system.

        What a nested engine starts gets to that engine's container by it, and goes on from there.
        """
        if self._own_step(container) is None:
            return None
        outer = self._started_inside(container)
        if outer is None:
            return 3
        return 1 + self._found[outer].length if outer in self._found else None

    def _length(self, container: Container, access: Access) -> int | None:
        """Return the length of the way that begins with an access, as far as its end is known."""
        if isinstance(access.to, Machine):
            return len(access.steps) + (3 if access.proxy is None else 4) if _leads_on(access) else None
        owner = _owner(access)
        if owner is None or owner is container or owner not in self._found:
            return None
        return 1 + len(access.steps) + self._found[owner].length

    def _way(self, container: Container, access: Access | None) -> EscapePath:
        """Return the way of which :meth:`_nearest` told the length."""
        if access is None:
            return self._own_way(container)
        owner = _owner(access)
        if owner is None:
            return _to_machine(container, access)
        inside = Step(f"a privileged container there has all that {owner} has", access.span)
        return EscapePath(own=(_begin(container), *access.steps, inside), onward=self._found[owner])

    def _own_way(self, container: Container) -> EscapePath:
        step, outer = self._own_step(container), self._started_inside(container)
        assert step is not None
        if outer is None:
            return EscapePath(own=(_begin(container), step, _end(container)))
        inside = Step(f"a container like this has all that {outer} has", step.span)
        return EscapePath(own=(_begin(container), inside), onward=self._found[outer])

    def _own_step(self, container: Container) -> Step | None:
        if container not in self._own_steps:
            self._own_steps[container] = _own_step(container)
        return self._own_steps[container]

    def _started_inside(self, container: Container) -> Container | None:
        """Return the container whose engine starts this one."""
        starter = self._starters.of(container)
        return starter.container if isinstance(starter, Engine) else None


def _nearest_first(waiting: dict[int, list[Container]]) -> Iterator[Container]:
    """Take out those with the shortest ways, again and again; longer ones may be added meanwhile."""
    while waiting:
        yield from waiting.pop(min(waiting))


def _owner(access: Access) -> Container | None:
    """Return the container whose engine an access commands, if that is a way on."""
    if isinstance(access.to, Machine) or not _leads_on(access):
        return None
    return access.to.container


def _leads_on(access: Access) -> bool:
    return access.permits.starts_containers and not access.rootless and access.credentials


def _own_step(container: Container) -> Step | None:
    for mount in container.mounts:
        if mount.host_path is None or mount.read_only.on or container.ordinary_user:
            continue
        from dindguard.model import paths

        if paths.classify(mount.host_path) is paths.HostPath.ROOT:
            return Step("the host's root file system is mounted writable", mount.span)
    if container.privileged.on and container.sandbox is Sandbox.NONE and container.started:
        return Step("privileged mode gives every device and capability of the host", container.privileged.span)
    return None


def _to_machine(container: Container, access: Access) -> EscapePath:
    assert isinstance(access.to, Machine)
    proxy = (Step(f"the proxy {access.proxy} lets containers be created", access.proxy.span),) if access.proxy else ()
    last = Step("a new container with / mounted is root there", access.span)
    return EscapePath(own=(_begin(container), *access.steps, *proxy, last, _end(container, access.to)))


def _begin(container: Container) -> Step:
    return Step(f"code in {container}", container.span)


def _end(container: Container, host: Machine | None = None) -> Step:
    where = "the host" if host is None or host.own else str(host)
    return Step(f"root on {where}", container.span)
