"""Whose engine starts what command lines and runners start, projects' services too: one of the scan, a machine's, or unknown.

The client's own order: the option, the variable, the default socket (docker/cli ``cli/command/cli.go``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dindguard.infer import images
from dindguard.infer.clients import by_search, client_endpoint
from dindguard.infer.names import Names
from dindguard.model.container import Container, ContainerKind
from dindguard.model.engine import Endpoint, Engine, Machine
from dindguard.model.invocation import Invocation
from dindguard.model.path_spelling import normalise
from dindguard.model.values import Text
from dindguard.model.workload import Workload
from dindguard.source import Span

SOCKET = "/run/docker.sock"


def brought_along(workloads: Sequence[Workload], engines: Iterable[Engine]) -> Mapping[Workload, Engine]:
    """Return the projects that images with an engine bring along, each with that engine (:mod:`.carried`)."""
    images = [each.container for each in engines if each.container is not None and not each.container.started]
    if not any(image.copied for image in images):
        return {}
    from dindguard.infer.carried import carried_projects

    return carried_projects(workloads, images)


class Starters:
    """Answers for one scan, each container once."""

    def __init__(
        self,
        names: Names,
        projects: Mapping[Workload, Sequence[Invocation]] | None = None,
        carried: Mapping[Workload, Engine] | None = None,
    ) -> None:
        """``projects`` are the Compose projects that only the calls of jobs start (:mod:`.projects`).

        ``carried`` are those that an image with an engine brings along (:mod:`.carried`).
        """
        self._names = names
        self._projects = projects or {}
        self._carried = carried or {}
        self._known: dict[Container | Workload, Engine | Machine | None] = {}

    def of(self, container: Container) -> Engine | Machine | None:
        """Return the engine that starts a container; ``None`` for one that no command line starts, and if unknown."""
        if container.kind is ContainerKind.SERVICE and container.workload in self._carried:
            return self._carried[container.workload]
        if container.kind is ContainerKind.SERVICE and container.workload in self._projects:
            return self._of_project(container.workload)
        if container.kind not in (ContainerKind.COMMAND, ContainerKind.RUNNER_DEFAULT):
            return None
        if container not in self._known:
            inside = container.workload.runs_in
            self._known[container] = (
                None if inside is None else self._commanded(inside, container.started_by, container.span)
            )
        return self._known[container]

    def _of_project(self, project: Workload) -> Engine | None:
        """Return the engine of the scan that starts a project, if every call reaches one."""
        if project not in self._known:
            engines = [self._called(call) for call in self._projects[project]]
            self._known[project] = engines[0] if all(isinstance(each, Engine) for each in engines) else None
        found = self._known[project]
        return found if isinstance(found, Engine) else None

    def _called(self, call: Invocation) -> Engine | Machine | None:
        address = call.endpoint.text if call.endpoint is not None else None
        return self._commanded(call.container, address, call.span) if call.container is not None else None

    def _commanded(self, inside: Container, address: Text | None, span: Span) -> Engine | Machine | None:
        """Return the engine that a client in a container reaches, by an address of its own or by its surroundings."""
        if not inside.started:
            return None
        if address is None:
            variable = images.variable(inside, "DOCKER_HOST")
            address = variable.value if variable is not None and variable.value.pattern else None
        if address is None:
            return self.at_socket(inside, SOCKET, span) or self._searched(inside, span)
        endpoint = client_endpoint(inside, address)
        return self._at(inside, endpoint, span) if endpoint is not None else None

    def _searched(self, client: Container, span: Span) -> Engine | Machine | None:
        """Return the engine beside a client that the official image's own search finds.

        A runner that brings the host's socket unseen brings it to the job's services as well, where no engine starts then.
        """
        found = next(iter(by_search(client)), None)
        reached = self._at(client, found.endpoint, span) if found is not None else None
        return reached if isinstance(reached, Engine) else None

    def _at(self, client: Container, endpoint: Endpoint, span: Span) -> Engine | Machine | None:
        if endpoint.scheme == "unix":
            return self.at_socket(client, normalise(endpoint.host), span)
        if endpoint.scheme != "tcp":
            return None
        reached = self._names.reached(client, endpoint)
        if reached is None:
            return None
        if isinstance(reached.who, Machine):
            return reached.who
        port = endpoint.port if reached.port is None else reached.port
        return engine_behind(client, reached.who, port)

    def at_socket(self, container: Container, path: str, span: Span) -> Engine | Machine | None:
        """Return the engine whose socket a path inside a container is; ``None`` if the files do not tell."""
        mount = next((each for each in container.mounts if each.provides(path) or each.provides(f"/var{path}")), None)
        if mount is not None and mount.socket() is not None:
            return Machine(name="", span=span)
        if mount is not None and mount.storage is not None:
            return _sharing(container, mount.storage.identity) or container.engine
        if container.engine is not None:
            return container.engine
        return Machine(name="", span=span) if container.kind is ContainerKind.SCRIPT else None


def _sharing(container: Container, identity: str) -> Engine | None:
    """Return the engine of a neighbour whose socket lies in a storage of both."""
    for neighbour in container.workload.containers:
        for engine in neighbour.engines if neighbour is not container else ():
            for endpoint in engine.listens:
                provided = neighbour.mount_at(endpoint.host) if endpoint.scheme == "unix" else None
                if provided is not None and provided.storage is not None and provided.storage.identity == identity:
                    return engine
    return None


def engine_behind(container: Container, target: Container, port: int | None) -> Engine | None:
    """Return the engine at a container's address: its own, or that of one in the same network namespace.

    Of several engines it is the one that listens on the port, else the first.
    """
    own = target.engines if target is not container else ()
    if not own:
        return target.workload.neighbourhood.engine_at(target, port, container)
    return next((each for each in own if any(endpoint.port == port for endpoint in each.listens)), own[0])
