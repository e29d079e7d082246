"""What a script's commands mean for the model: the containers they start, and what else they do to engines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.model.container import Container, ContainerKind
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.values import Flag, How, Text
from dindguard.model.workload import Platform, Replicas, Workload, WorkloadKind, alone
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex
from dindguard.records import replace
from dindguard.scripts.command import Command, Commands
from dindguard.scripts.engine_cli.calls import DockerCall, docker_call
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.started import STARTS, container_of, declare_volume, name_of
from dindguard.scripts.grants import Sudoers
from dindguard.scripts.invocations import Meaning, meanings
from dindguard.scripts.kubectl import pods
from dindguard.scripts.shell.writing import is_engines_file, not_seen
from dindguard.source import Embedded, Notice, Source

if TYPE_CHECKING:
    from dindguard.scripts.shell.loops import Loops
    from dindguard.scripts.variable_files import Opener, VariableFiles


class ScriptModel(NamedTuple):
    """What a script adds to the model."""

    workloads: tuple[Workload, ...]
    invocations: tuple[Invocation, ...]
    notices: tuple[Notice, ...]
    embedded: tuple[Embedded, ...] = ()


def script_model(
    found: Commands, source: Source, owner: Container | None, opened: Opener | None = None
) -> ScriptModel:
    """Return what the commands of ``source`` mean; ``owner`` is the container that runs it, if it is known.

    ``opened`` gives the files of the scan that they name.

    Containers that one engine starts share a workload: those of this script, of each host that it reaches by
    ``ssh``, and of each container in which it runs a client.
    """
    return _ScriptReader(found, source, owner, opened).read()


_POD_CLIENTS = frozenset({"kubectl exec", "oc exec"})
"""Wrappers that lead into a container, and not onto a machine."""
_OF_PEOPLE = (".sh", ".bash", ".mk", "makefile", "Makefile", "justfile", "Justfile")
_OF_ROOT = regex(
    r"\bEUID\b|\$UID\b|\bid -u\b|\b(?:must|has to|needs? to|should) (?:be )?run as root\b|\bsystemctl (?!--user)|\bapt-get\b"
)
"""What shows that a script is root's: it asks who runs it, or does what only root may."""


class _ScriptReader:
    """Reads one script's commands."""

    def __init__(self, found: Commands, source: Source, owner: Container | None, opened: Opener | None) -> None:
        self._found = found = _as_far_as_may_be(found, source)
        self._source = source
        self._owner = owner
        self._opened = opened
        self._prefix = "" if owner is None else f"{owner.address}."
        self._build_step = owner is not None and owner.kind is ContainerKind.IMAGE and source.hint == "shell"
        self._started: dict[Command, Container] = {}
        self._addresses: dict[str, int] = {}
        self._notices = list(found.notices)
        self._meanings = list(meanings(found.commands))
        self._sudoers = Sudoers(source)

    def read(self) -> ScriptModel:
        """Return workloads, invocations and notices."""
        workloads = [self._workload(place, calls) for place, calls in self._places().items()]
        if any(command.program == "gitlab-runner" for command in self._found.commands):
            from dindguard.scripts.runner_registration import runners

            workloads += runners(self._found.commands, self._prefix, self._source.path)
        started = pods(self._found.commands, self._prefix, self._owner)
        workloads += started.workloads
        machines = self._machines()
        workloads += [self._machine_workload(machine) for machine in machines.values()]
        invocations = [self._invocation(command, meaning, machines) for command, meaning in self._meanings]
        given = [replace(each, owner=self._owner) for each in (*started.embedded, *self._releases())]
        embedded = (*given, *self._written())
        return ScriptModel(tuple(workloads), tuple(invocations), tuple(self._notices), embedded)

    # -- containers -------------------------------------------------------------------------------------

    def _places(self) -> dict[str, list[DockerCall]]:
        """Return the calls that start containers, by the place whose engine starts them."""
        places: dict[str, list[DockerCall]] = {}
        for command in self._found.commands:
            call = docker_call(command)
            if call is None or not (call.action in STARTS or call.action == "volume create"):
                continue
            swarm = ".swarm" if call.action == "service create" else ""
            places.setdefault(_place(command) + swarm, []).append(call)
        return {place: calls for place, calls in places.items() if any(call.action in STARTS for call in calls)}

    def _workload(self, place: str, calls: Sequence[DockerCall]) -> Workload:
        address = f"{self._prefix}commands{place}"
        volumes = Volumes(f"{self._source.path}#{address}")
        for call in calls:
            if call.action == "volume create":
                declare_volume(call, volumes)
        containers = [self._container(call, volumes) for call in calls if call.action in STARTS and _starts(call)]
        inside = place in ("", ".swarm")
        return Workload(
            name=self._source.name,
            address=address,
            kind=WorkloadKind.COMMANDS,
            platform=Platform.SWARM if place.endswith(".swarm") else Platform.ENGINE,
            span=calls[0].span,
            containers=tuple(containers),
            storages=volumes.storages,
            runs_in=self._owner if inside else None,
        )

    def _container(self, call: DockerCall, volumes: Volumes) -> Container:
        container = container_of(call, volumes, self._address(f"run.{name_of(call)}"))
        if container.client == "podman" and self._by_anybody(call.command):
            container = replace(container, rootless_host=Flag(None, container.span, How.INHERITED, "rootless"))
        files = [option.value for option in call.options if option.name == "env-file"]
        if files and self._files is not None:
            variables, missing = self._files.beneath(container.environment, files)
            container = replace(container, environment=variables)
            self._notices += missing
        self._started[call.command] = container = self._as_often(container, call)
        for doubt in call.doubts:
            message = f"'{doubt}' may hold further options of {container}, which the file does not decide"
            self._notices.append(Notice("unresolved", message, doubt.span))
        return container

    def _as_often(self, container: Container, call: DockerCall) -> Container:
        """Return a container with its copies, if a loop starts several that run beside each other."""
        command = call.command
        here = command.remote is None and command.inside is None and not container.named
        detached = call.last("detach") is not None or command.background
        loop = self._loops.at(command.span) if here and detached and self._loops is not None else None
        return replace(container, replicas=Replicas(loop.times, loop.over)) if loop is not None else container

    @cached_property
    def _loops(self) -> Loops | None:
        if "for " not in self._source.text:
            return None
        from dindguard.scripts.shell.loops import Loops  # few scripts start containers in a loop

        return Loops(self._source)

    @cached_property
    def _files(self) -> VariableFiles | None:
        from dindguard.scripts.variable_files import VariableFiles  # few scripts name any

        return VariableFiles(self._opened, self._source) if self._opened is not None else None

    def _by_anybody(self, command: Command) -> bool:
        """Whether a script of its own says nothing of who runs it: Podman's containers are that user's."""
        privileged = "sudo" in command.wrappers or command.remote is not None or command.inside is not None
        own = self._owner is None and self._source.parent is None and self._source.name.endswith(_OF_PEOPLE)
        return own and not privileged and _OF_ROOT.search(self._source.text) is None

    def _address(self, name: str) -> str:
        address = f"{self._prefix}{name}"
        count = self._addresses[address] = self._addresses.get(address, 0) + 1
        return address if count == 1 else f"{address}-{count}"

    def _releases(self) -> tuple[Embedded, ...]:
        """Return the releases that charts are installed as; few scripts do that."""
        if not any(command.program == "helm" for command in self._found.commands):
            return ()
        from dindguard.scripts.helm import releases

        return releases(self._found.commands, self._source)

    def _written(self) -> Iterator[Embedded]:
        """Yield what the script writes and hands on, each with the container whose it is."""
        for each in self._found.embedded:
            inside, path = each.owner, each.source.hint
            if not isinstance(inside, Command):
                yield replace(each, owner=self._owner)
                continue
            container = self._container_of(inside)
            if container is not None:
                mount = container.mount_at(path) if path.startswith("/") else None
                yield replace(each, owner=container if mount is None or mount.host_path is None else self._owner)
            elif is_engines_file(file := Text(path, inside.span)):
                self._notices.append(not_seen(file))

    # -- the machine that runs the script -------------------------------------------------------------------

    def _machines(self) -> dict[str, Container]:
        """Return the machines that the script reaches or starts engines on, by how it gets there (``""``: it runs there)."""
        found: dict[str, Container] = {}
        for command, meaning in self._meanings:
            way = _way_to(command)
            elsewhere = command.inside is not None or _POD_CLIENTS.intersection(command.wrappers)
            if way in found or elsewhere or (not way and self._owner is not None):
                continue
            if _opens_an_engine(meaning) or (not way and meaning.endpoint is not None):
                name, address = (
                    (f"{self._source.name} on {way}", f"script.on-{way}") if way else (self._source.name, "script")
                )
                found[way] = Container(
                    name=name, address=f"{self._prefix}{address}", kind=ContainerKind.SCRIPT, span=command.span
                )
        return found

    def _machine_workload(self, machine: Container) -> Workload:
        return alone(machine, WorkloadKind.HOST, Platform.NONE)

    # -- invocations ------------------------------------------------------------------------------------

    def _invocation(self, command: Command, meaning: Meaning, machines: Mapping[str, Container]) -> Invocation:
        container = self._owner or machines.get("")
        if command.inside is not None:
            container = self._container_of(command.inside)
        elif command.remote is not None:
            container = machines.get(_way_to(command))
        if container is None and _opens_an_engine(meaning):
            message = f"{command.program} is started where no file shows what can reach it: its engine is not judged"
            self._notices.append(Notice("undecided", message, command.span))
        about = meaning.subject or next(iter(meaning.arguments), None)
        name = " ".join(filter(None, (command.program, meaning.action)))
        return Invocation(
            kind=meaning.kind,
            program=command.program,
            words=command.words,
            span=command.span,
            action=meaning.action,
            options=meaning.options,
            arguments=meaning.arguments,
            environment=command.environment,
            endpoint=meaning.endpoint,
            during_build=self._build_step,
            remote=command.remote is not None,
            certain=meaning.certain,
            subject=meaning.subject,
            administrator=self._administrator(command, meaning),
            container=container,
            address=self._address(name if about is None else f"{name}.{about}"),
        )

    def _container_of(self, command: Command) -> Container | None:
        """Return the container that ``docker run`` starts, or ``docker exec`` enters if the script starts one of that name."""
        if command in self._started:
            return self._started[command]
        call = docker_call(command)
        if call is None or call.action != "exec" or not call.arguments:
            return None
        return self._named.get((str(command.remote), call.arguments[0].pattern))

    @cached_property
    def _named(self) -> dict[tuple[str, str], Container]:
        """The containers that the script starts under names of their own, by the place and the name."""
        calls = ((docker_call(command), container) for command, container in self._started.items())
        return {
            (str(call.command.remote), name.value.pattern): container
            for call, container in calls
            if call is not None and (name := call.last("name")) is not None
        }

    def _administrator(self, command: Command, meaning: Meaning) -> Flag | None:
        """Return whether the user whom a command lets in may become root otherwise; ``None`` where nothing tells."""
        user = meaning.subject
        if meaning.kind is not InvocationKind.GROUP_GRANT or meaning.administrator is not None or user is None:
            return meaning.administrator
        return self._sudoers.may(user, user.span, by_sudo=self._build_step and "sudo" in command.wrappers)


def _as_far_as_may_be(found: Commands, source: Source) -> Commands:
    """Return what a script runs without the containers that its file may not describe.

    It ends where it has started as many as the file may have if no other takes any; of what comes before, only what starts
    more than others have left is gone.
    """
    size = source.file.size
    most, left = budget.most_containers(size), budget.containers_left(source.path, size)
    if len(found.commands) <= left:
        return found
    kept: list[Command] = []
    count = 0
    for command in found.commands:
        call = docker_call(command)
        starts = call is not None and call.action in STARTS
        count += starts
        if starts and count > left:
            budget.met(budget.DESCRIBED_CONTAINERS, command)
        if count > most:
            break
        if not starts or count <= left:
            kept.append(command)
    return found if len(kept) == len(found.commands) else found._replace(commands=tuple(kept))


def _opens_an_engine(meaning: Meaning) -> bool:
    """Whether a command makes an engine listen where it says: by an option, Podman by an argument, socat by a port."""
    if meaning.kind is InvocationKind.SOCKET_FORWARD:
        return True
    told = "host" in meaning.options or "addr" in meaning.options or bool(meaning.arguments)
    return meaning.kind is InvocationKind.ENGINE_START and told


def _starts(call: DockerCall) -> bool:
    """Whether a call starts anything of its own: ``docker run --help`` does not, nor a service just as it is written."""
    if call.action == "compose run" and not any(call.last(name) is not None for name in ("volume", "cap-add")):
        return False
    return call.last("help") is None and bool(call.arguments or call.doubts)


def _way_to(command: Command) -> str:
    """Return the host that a command is sent to; ``""`` for one that runs where the script does."""
    return "" if command.remote is None else str(command.remote).strip("\"'")


def _place(command: Command) -> str:
    """Return what tells the engine's place from this machine: the host, or the container, of the client."""
    way = _way_to(command)
    place = f".on-{way}" if way else ""
    if command.inside is not None:
        call = docker_call(command.inside)
        place += f".in-{call.arguments[0]}" if call is not None and call.arguments else ".in"
    return place
