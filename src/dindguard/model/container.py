"""A container, started or describable, and its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from dindguard.model.link import Linked
from dindguard.model.values import Flag, How, Text, unset
from dindguard.records import field, record
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.model.access import Access, EscapePath
    from dindguard.model.engine import Daemon
    from dindguard.model.image import Image
    from dindguard.model.invocation import Invocation
    from dindguard.model.mount import Mount
    from dindguard.model.workload import Replicas, Workload


class ContainerKind(StrEnum):
    """What sort of thing the container is, in the words of the message."""

    SERVICE = "service"
    """A Compose service."""
    JOB = "job"
    """A CI job: its script runs in it."""
    JOB_SERVICE = "job service"
    """A container that a CI system starts beside a job."""
    STEP = "step"
    """One step of a pipeline that is a container of its own."""
    POD_MEMBER = "container"
    """A container of a pod."""
    INIT = "init container"
    EPHEMERAL = "ephemeral container"
    COMMAND = "docker run"
    """A container that a command line starts."""
    IMAGE = "image"
    """An image that a Dockerfile builds: a container nobody has started."""
    RUNNER_DEFAULT = "runner default"
    """What a CI runner gives to every job."""
    LIVE = "running container"
    """A container that an engine reported."""


class Role(StrEnum):
    """What a container is for, as far as nesting goes. One word each in messages."""

    ENGINE = "engine"
    """It runs a container engine (dockerd, containerd, podman service, buildkitd)."""
    ENGINE_CLIENT = "engine client"
    """It commands an engine."""
    SOCKET_PROXY = "socket proxy"
    CI_RUNNER = "CI runner"
    OTHER = "other"


class Sandbox(StrEnum):
    """What stands between the container and the host's kernel, besides ordinary namespaces."""

    NONE = "none"
    USER_NAMESPACE = "user namespace"
    GVISOR = "gVisor"
    VM = "virtual machine"


@record
class EnvVar:
    """One environment variable of a container. An empty value is a value; *inherited from the caller* is unknown."""

    name: str
    value: Text
    span: Span

    @property
    def address(self) -> str:
        """Its place inside its container, for finding identities."""
        return f"environment.{self.name}"


class Environment:
    """A container's variables by name; later ones win. Never holds what an image brings unless ``infer`` adds it."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Iterable[EnvVar] = ()) -> None:
        self._variables = {variable.name: variable for variable in variables}

    def __getitem__(self, name: str) -> EnvVar | None:
        return self._variables.get(name)

    def __iter__(self) -> Iterator[EnvVar]:
        return iter(self._variables.values())

    def __len__(self) -> int:
        return len(self._variables)

    def __contains__(self, name: str) -> bool:
        return name in self._variables

    def value(self, name: str) -> str | None:
        """Return a variable's known value; ``None`` when it is absent or unknown."""
        variable = self._variables.get(name)
        return None if variable is None else variable.value.value

    def beneath(self, other: Environment) -> Environment:
        """Return these variables overridden by ``other``'s."""
        return Environment((*self, *other))


@record
class Words:
    """A command as words. ``shell`` tells that a shell interprets the single word; the image's shell, by default."""

    words: tuple[Text, ...]
    span: Span
    shell: bool = False

    @property
    def address(self) -> str:
        """Its place inside its container."""
        return "command"

    @property
    def empty(self) -> bool:
        """Whether it holds no word: it then clears what the image brings."""
        return not self.words

    def __iter__(self) -> Iterator[Text]:
        return iter(self.words)


@record
class Port:
    """A port that a container publishes on its host, or that the platform does for it.

    ``host_address`` is ``""`` for every interface; ``host_port`` is ``None`` when the engine picks one or
    the text does not say; ``container_port`` is ``None`` when unknown. ``through`` says by what: ``ports``,
    ``hostPort``, ``Service/NodePort``.
    """

    container_port: int | None
    host_port: int | None
    host_address: str
    span: Span
    protocol: str = "tcp"
    through: str = "ports"
    container_port_end: int | None = None
    host_port_end: int | None = None
    cluster_only: bool = False
    """Reachable inside the cluster only (a ClusterIP Service)."""

    @property
    def address(self) -> str:
        """Its place inside its container."""
        return f"{self.through}.{self.container_port}/{self.protocol}"

    @property
    def loopback(self) -> bool:
        """Whether only the host itself can connect."""
        return self.host_address.startswith("127.") or self.host_address in ("::1", "[::1]", "localhost")

    def covers(self, port: int) -> bool:
        """Whether ``port`` of the container is published by it."""
        if self.container_port is None:
            return False
        return self.container_port <= port <= (self.container_port_end or self.container_port)


@record
class Device:
    """A host device given to a container. ``host_path`` may be a whole directory."""

    host_path: Text
    span: Span
    permissions: str = "rwm"

    @property
    def address(self) -> str:
        """Its place inside its container."""
        return f"devices.{self.host_path}"


@record(kw_only=True)
class Capabilities:
    """Capabilities added to and dropped from the engine's default set, as typed."""

    added: tuple[Text, ...] = ()
    dropped: tuple[Text, ...] = ()


@record(kw_only=True)
class Namespaces:
    """Whose namespaces a container lives in: ``host``, ``private``, ``container:x``, ``service:x``, a network's name.

    ``None`` means that nobody wrote it. ``cgroup`` is filled in by formats whose platform has a default of
    its own (Kubernetes leaves privileged containers in the host's cgroup namespace).
    """

    pid: Text | None = None
    ipc: Text | None = None
    network: Text | None = None
    uts: Text | None = None
    user: Text | None = None
    cgroup: Text | None = None


@record(kw_only=True)
class Confinement:
    """Seccomp, AppArmor, SELinux and masked paths, as written: ``None`` is the engine's default.

    ``seccomp`` and ``apparmor`` hold ``unconfined``, a profile, or ``default``; ``selinux`` the label options
    (``disable``, ``type:spc_t``); ``system_paths`` ``unconfined`` when ``/proc`` and ``/sys`` are unmasked.
    """

    seccomp: Text | None = None
    apparmor: Text | None = None
    selinux: tuple[Text, ...] = ()
    system_paths: Text | None = None
    no_new_privileges: Flag | None = None
    writable_cgroups: Flag | None = None


@record(kw_only=True)
class Limits:
    """Resource limits, as written."""

    memory: Text | None = None
    pids: Text | None = None
    cpus: Text | None = None
    ephemeral_storage: Text | None = None
    oom_score_adj: Text | None = None
    oom_kill_disable: Flag | None = None


@record
class HealthCheck:
    """A health, readiness or startup probe. ``gates_start`` tells whether others wait for it."""

    span: Span
    command: Words | None = None
    disabled: bool = False
    gates_start: bool = False


@record
class Dependency:
    """``this`` container starts after ``name``; ``condition`` is ``started``, ``healthy`` or ``completed``."""

    name: str
    condition: str
    span: Span


@record(kw_only=True)
class Build:
    """How a container's image is built. Paths are relative to the scan's root; ``None`` where unknown."""

    span: Span
    context: str | None = None
    dockerfile: str | None = None
    target: Text | None = None
    arguments: Mapping[str, Text] = field(default_factory=dict)
    privileged: Flag | None = None
    entitlements: tuple[Text, ...] = ()
    network: Text | None = None
    inline: bool = False
    """The Dockerfile stands in the same file (``dockerfile_inline``); ``dockerfile`` is then that file's path."""


@record(eq=False, kw_only=True)
class Container(Linked):
    """One container. What nobody wrote is ``None``, empty, or a flag whose ``how`` is *inherited*.

    ``address`` names it inside its file and does not move with lines: ``services.dind``,
    ``Deployment/ci/agent.containers.dind``. ``span`` is its name's place. The fields without an initial
    value at the end are concluded once by ``infer``; rules may rely on them.
    """

    name: str
    address: str
    kind: ContainerKind
    span: Span
    image: Image | None = None
    build: Build | None = None
    privileged: Flag = field(default_factory=lambda: _nowhere("privileged"))
    capabilities: Capabilities = Capabilities()
    confinement: Confinement = Confinement()
    namespaces: Namespaces = Namespaces()
    mounts: tuple[Mount, ...] = ()
    devices: tuple[Device, ...] = ()
    device_rules: tuple[Text, ...] = ()
    environment: Environment = field(default_factory=Environment)
    ports: tuple[Port, ...] = ()
    exposed_ports: tuple[Text, ...] = ()
    """Ports an image or a service declares without publishing them."""
    declared_volumes: tuple[Text, ...] = ()
    """Paths that a Dockerfile's VOLUME names."""
    entrypoint: Words | None = None
    command: Words | None = None
    user: Text | None = None
    run_as_non_root: Flag | None = None
    groups: tuple[Text, ...] = ()
    runtime: Text | None = None
    engine_api: Flag = field(default_factory=lambda: _nowhere("use_api_socket"))
    """The platform hands over its engine's socket without a path in the file (``use_api_socket``)."""
    limits: Limits = Limits()
    health: HealthCheck | None = None
    depends_on: tuple[Dependency, ...] = ()
    read_only_root: Flag = field(default_factory=lambda: _nowhere("read_only"))
    init: Flag = field(default_factory=lambda: _nowhere("init"))
    restart: Text | None = None
    stop_grace_period: Text | None = None
    cgroup_parent: Text | None = None
    networks: tuple[Text, ...] = ()
    """Networks by their name in the workload; empty means the workload's default network."""
    aliases: tuple[Text, ...] = ()
    """Names that other containers of the workload can use besides ``name``."""
    hostname: Text | None = None
    profiles: tuple[Text, ...] = ()
    """Only started when one of these is asked for; empty means always."""
    replicas: Replicas | None = None
    user_namespace: Flag | None = None
    """The platform puts it in a user namespace of its own (``hostUsers: false`` is *on*)."""
    writable_layer: Text | None = None
    started_by: Text | None = None
    """The engine's address, when a command line names one (``docker -H tcp://…``)."""
    ignored_settings: tuple[str, ...] = ()
    """Settings in the file that the platform drops (a Swarm stack's ``privileged``)."""
    base: str = ""
    """The image stage this one is built from, by its name or index, inside the same Dockerfile."""

    # Concluded by infer, once:
    workload: Workload = field(init=False, repr=False)
    role: Role = field(init=False, repr=False, default=Role.OTHER)
    runs_containers: bool = field(init=False, repr=False, default=False)
    """Containers run inside it: by an engine's daemon, or without one (Podman, Buildah)."""
    known_socket_user: str | None = field(init=False, repr=False, default=None)
    """The well-known tool, or the organisation's own, that it runs and that needs an engine's socket by design."""
    sandbox: Sandbox = field(init=False, repr=False, default=Sandbox.NONE)
    sandbox_evidence: Text | Flag | None = field(init=False, repr=False, default=None)
    daemon: Daemon | None = field(init=False, repr=False, default=None)
    built_from: Container | None = field(init=False, repr=False, default=None)
    """The Dockerfile stage that its image is built from, when the scan has it."""
    accesses: tuple[Access, ...] = field(init=False, repr=False, default=())
    invocations: tuple[Invocation, ...] = field(init=False, repr=False, default=())
    escape: EscapePath | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        for name in ("privileged", "engine_api", "read_only_root", "init"):
            if getattr(self, name).span is _NOWHERE:
                object.__setattr__(self, name, unset(self.span, getattr(self, name).name))

    @property
    def label(self) -> str:
        """Kind and name, as messages begin: ``service 'dind'``."""
        return f"{self.kind} '{self.name}'" if self.name else str(self.kind)

    def __str__(self) -> str:
        return self.label

    @property
    def started(self) -> bool:
        """Whether anything in the files starts it; an image is only built."""
        return self.kind is not ContainerKind.IMAGE

    def mount_at(self, path: str) -> Mount | None:
        """Return the mount that provides ``path`` (absolute, inside the container): the deepest at or above it."""
        covering = [mount for mount in self.mounts if mount.provides(path)]
        return max(covering, key=lambda mount: len(mount.target.pattern), default=None)

    def published(self, port: int) -> Port | None:
        """Return how ``port`` of this container is published, if it is."""
        return next((found for found in self.ports if found.covers(port)), None)


_NOWHERE = Span("", 1, 1, 1, 1)


def _nowhere(name: str) -> Flag:
    return Flag(False, _NOWHERE, How.INHERITED, name)
