"""What files say of a container, in groups: each says what its fields are about. A container has them all.

What nobody wrote is ``None``, empty, or a flag whose ``how`` is *inherited*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.model.confinement import Capabilities, Confinement, Namespaces
from dindguard.model.container_parts import (
    Build,
    Copied,
    Dependency,
    Device,
    Environment,
    HealthCheck,
    Limits,
    OuterName,
    Port,
    Words,
)
from dindguard.model.values import Flag, How, Text, unset
from dindguard.records import record
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.model.condition import Condition
    from dindguard.model.container import Container
    from dindguard.model.container_kinds import ContainerKind
    from dindguard.model.image import Image
    from dindguard.model.mount import Mount
    from dindguard.model.replicas import Replicas

NOWHERE = Span("")
"""The place of a flag that nobody wrote, until the container that it belongs to gives it its own."""


def _nowhere(name: str) -> Flag:
    return Flag(False, NOWHERE, How.INHERITED, name)


_NO_VARIABLES = Environment()
_NO_CAPABILITIES, _NO_CONFINEMENT, _NO_NAMESPACES, _NO_LIMITS = Capabilities(), Confinement(), Namespaces(), Limits()


@record(eq=False, kw_only=True)
class Naming:
    """What it is called: by its file, by messages and by others."""

    name: str
    """Its name in the file; empty where the file gives it none."""
    address: str
    """Its named way in the file, which stays when lines move: ``services.dind``."""
    kind: ContainerKind
    """A service, a container of a pod, a job, an image …"""
    span: Span
    """Where its name is written."""
    hostname: Text | None = None
    """The host name that it is given."""
    client: str = ""
    """The program whose command line starts it, as messages name it (``podman``)."""


@record(eq=False, kw_only=True)
class Making:
    """What it is made from."""

    image: Image | None = None
    """The image that it starts; ``None`` where the file only builds one."""
    build: Build | None = None
    """How its image is built, where the file says so."""
    base: str = ""
    """The image stage this one is built from, by its name or index, inside the same Dockerfile."""
    exposed_ports: tuple[Text, ...] = ()
    """Ports an image or a service declares without publishing them."""
    declared_volumes: tuple[Text, ...] = ()
    """Paths that a Dockerfile's VOLUME names."""
    copied: tuple[Copied, ...] = ()
    """What a Dockerfile's COPY and ADD take from the build's folder."""
    made_as: tuple[tuple[str, ...], str] | None = None
    """The Compose files, and the service of theirs, that a dev container adds to."""


@record(eq=False, kw_only=True)
class Process:
    """What runs in it, as whom, and how it ends."""

    entrypoint: Words | None = None
    """What replaces the image's ENTRYPOINT; ``None`` keeps that one."""
    command: Words | None = None
    """What replaces the image's CMD; ``None`` keeps that one."""
    user: Text | None = None
    """The user, as written: a name, or numbers (``1000:1000``)."""
    sudoers: frozenset[str] = frozenset()
    """Who becomes root by ``sudo`` without a password, as an image's build and its base have it; no list of names alone."""
    run_as_non_root: Flag | None = None
    """Whether the platform refuses to start it as root (``runAsNonRoot``)."""
    groups: tuple[Text, ...] = ()
    """Groups that its processes are in besides (``group_add``)."""
    environment: Environment = _NO_VARIABLES
    """Its variables, also those of files that it names and that the scan has."""
    init: Flag = _nowhere("init")
    """Whether the platform puts an init in front of it, which reaps what ends (``init: true``)."""
    health: HealthCheck | None = None
    """How the platform learns that it is ready."""
    restart: Text | None = None
    """What happens when it ends, as written (``always``)."""
    stop_grace_period: Text | None = None
    """How long it may take to end before it is killed."""
    privileged_commands: tuple[Flag, ...] = ()
    """Commands that the platform runs inside it with every capability (a hook's ``privileged``)."""


@record(eq=False, kw_only=True)
class Isolation:
    """What stands between it and the host."""

    privileged: Flag = _nowhere("privileged")
    """Every capability, every device, no seccomp, AppArmor or SELinux."""
    capabilities: Capabilities = _NO_CAPABILITIES
    """Kernel capabilities that are added and dropped."""
    confinement: Confinement = _NO_CONFINEMENT
    """Seccomp, AppArmor, SELinux, masked paths, new privileges."""
    namespaces: Namespaces = _NO_NAMESPACES
    """Namespaces that it shares with the host or with another container."""
    user_namespace: Flag | None = None
    """The platform puts it in a user namespace of its own (``hostUsers: false`` is *on*)."""
    rootless_host: Flag | None = None
    """The engine that starts it runs as an ordinary user of the host: root in it is that user, with that user's rights.

    *Unknown* for Podman in a script of which nothing tells who starts it."""
    runtime: Text | None = None
    """The OCI runtime or the runtime class (``sysbox-runc``); ``None`` is the default one."""
    read_only_root: Flag = _nowhere("read_only")
    """Whether it cannot write to its image's files."""
    cgroup_parent: Text | None = None
    """The control group that it is put under."""
    limits: Limits = _NO_LIMITS
    """Memory, processors, processes, and what its log may grow to."""
    further: tuple[Text, ...] = ()
    """Settings that widen what it may do and that no rule speaks of, as ``name=value``: ``gpus=all``, kernel settings,
    commands of hooks, accounts, what a runner lets its jobs choose."""
    ignored_settings: tuple[str, ...] = ()
    """Settings in the file that the platform drops (a Swarm stack's ``privileged``)."""

    @property
    def host_process(self) -> bool:
        """Whether it is no container but a process of its Windows host, as whoever it says there."""
        return self.privileged.on and self.privileged.name == "hostProcess"


@record(eq=False, kw_only=True)
class Belongings:
    """What of the host or of other containers it is given."""

    mounts: tuple[Mount, ...] = ()
    """Volumes, host paths and memory that it is given, those of the image and of inherited volumes too."""
    volumes_from: tuple[Text, ...] = ()
    """Containers whose volumes it mounts as well, as written; those that the scan knows are in ``mounts``."""
    devices: tuple[Device, ...] = ()
    """Devices of the host."""
    device_rules: tuple[Text, ...] = ()
    """Rules of the device control group, as written (``b *:* rwm``)."""
    engine_api: Flag = _nowhere("use_api_socket")
    """The platform hands over its engine's socket without a path in the file (``use_api_socket``)."""


@record(eq=False, kw_only=True)
class Wiring:
    """Which networks it is on, under which names, and what it publishes."""

    ports: tuple[Port, ...] = ()
    """Ports that are published on the host."""
    networks: tuple[Text, ...] = ()
    """Networks by their name in the workload; empty means the workload's default network."""
    aliases: tuple[Text, ...] = ()
    """Names that other containers of the workload can use besides ``name``."""
    outer_names: tuple[OuterName, ...] = ()
    """Names that containers of other workloads can use, in the scopes in which they hold."""
    scopes: tuple[str, ...] = ()
    """The scopes whose outer names it can use itself, the nearest first."""


@record(eq=False, kw_only=True)
class Presence:
    """When it exists, how often, and who starts it."""

    profiles: tuple[Text, ...] = ()
    """Only started when one of these is asked for; empty means always."""
    conditions: tuple[Condition, ...] = ()
    """What must hold for it to exist, in a file that is a template; empty means always."""
    replicas: Replicas | None = None
    """How many copies run at once, where that is written for it alone."""
    depends_on: tuple[Dependency, ...] = ()
    """Containers that it waits for, and for what."""
    stopped: bool = False
    """An engine reported it, and it does not run."""
    named: bool = False
    """The command line that starts it gives it its name, which one container has at a time."""
    started_by: Text | None = None
    """The engine's address, when a command line names one (``docker -H tcp://…``)."""
    added_by: str = ""
    """What adds it to those that the file names, in words (``the controller``); empty for one that is written there."""
    privileged_by: str = ""
    """What makes it privileged although nobody wrote so, in words (``Drone's runner, by its image``); empty if somebody did."""
    given_by: Container | None = None
    """The default of a CI runner that gave it settings beyond its own file."""


_FLAGS = ("privileged", "engine_api", "read_only_root", "init")
_PARTS = (
    ("capabilities", _NO_CAPABILITIES),
    ("confinement", _NO_CONFINEMENT),
    ("namespaces", _NO_NAMESPACES),
    ("limits", _NO_LIMITS),
)


def complete(container: Container) -> None:
    """Give a container that was just made what nobody wrote: flags at its own place, and parts that all such have in common."""
    for name in _FLAGS:
        flag: Flag = getattr(container, name)
        if flag.span is NOWHERE:
            object.__setattr__(container, name, unset(container.span, flag.name))
    for name, usual in _PARTS:
        part = getattr(container, name)
        if part is not usual and part == usual:
            object.__setattr__(container, name, usual)
