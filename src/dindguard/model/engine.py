"""A container engine inside a container, or on a host, and how it was launched."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from dindguard.model.link import Linked
from dindguard.model.values import Flag, Text, unset
from dindguard.records import field, record, replace
from dindguard.source import HasSpan, Span

if TYPE_CHECKING:
    from dindguard.model.access import Access
    from dindguard.model.container import Container, EnvVar
    from dindguard.model.mount import Mount


@record
class Setting:
    """One setting of a daemon: its canonical long name (``storage-driver``), its value, and where.

    ``source`` is ``flag``, ``file`` (daemon.json), ``environment`` or ``image``.
    """

    name: str
    value: Text
    span: Span
    source: str = "flag"

    @property
    def address(self) -> str:
        """Its place inside its daemon."""
        return f"{self.name}"


@record(kw_only=True)
class EngineConfiguration:
    """A daemon's configuration file (``daemon.json``, ``buildkitd.toml``), read; ``owner`` has it, when known.

    ``host`` tells that it configures the engine of the machine it is installed on.
    """

    engine: str
    settings: tuple[Setting, ...]
    span: Span
    path: str
    owner: Container | None = None
    storage_identity: str = ""
    """The configuration object it is written in, to join it to the container that mounts it."""

    def __getitem__(self, name: str) -> Setting | None:
        return next((setting for setting in reversed(self.settings) if setting.name == name), None)

    @property
    def address(self) -> str:
        """Its engine: a file configures one."""
        return self.engine

    def __str__(self) -> str:
        return f"the {self.engine} engine configured here"


class Backing(StrEnum):
    """What a daemon's data root lies on."""

    VOLUME = "volume"
    ANONYMOUS_VOLUME = "anonymous volume"
    HOST = "host directory"
    MEMORY = "memory"
    NETWORK = "network file system"
    CONTAINER_LAYER = "the container's own layer"
    RUNTIME = "the runtime's own directory"
    UNKNOWN = "unknown"


@record(kw_only=True)
class Launch:
    """How a daemon is started.

    ``wrapper`` tells whether the official image's entry point runs first (it adds default listeners,
    certificates, an init and the ``dind`` script). ``arguments`` are what reaches the daemon itself.
    """

    wrapper: bool
    prepared: bool = False
    """The nesting script runs first: it sets ``container=docker``, moves cgroups, makes mounts shared."""
    arguments: tuple[Text, ...]
    settings: tuple[Setting, ...]
    span: Span
    certain: bool = True
    implied: frozenset[str] = frozenset()
    """Settings that the official entry point always passes as options."""
    main_program: bool = False
    """It is what the container runs, not something that a script or an init system starts in it."""
    init: bool | None = None
    """Whether process 1 is an init, which collects orphaned processes; ``None`` if the files do not tell."""

    def __getitem__(self, name: str) -> Setting | None:
        """Return the setting that counts: a flag before the file, the last one of several."""
        found = [setting for setting in self.settings if setting.name == name]
        flags = [setting for setting in found if setting.source != "file"]
        counting = flags or found
        return counting[-1] if counting else None

    def all(self, name: str) -> tuple[Setting, ...]:
        """Return every setting of that name, in order (``host`` may be given several times)."""
        return tuple(setting for setting in self.settings if setting.name == name)


@record(kw_only=True)
class Endpoint:
    """Where a daemon listens, or where a client connects.

    ``scheme`` is ``tcp``, ``unix``, ``ssh``, ``fd`` or ``npipe``; ``host`` an address, a name or a path;
    ``port`` a number for tcp. For a listener, ``authenticated`` tells whether a client must prove who it is,
    ``encrypted`` whether it speaks TLS. For a client, ``verified`` tells whether it checks the server.
    """

    scheme: str
    host: str
    port: int | None
    span: Span
    authenticated: Flag | None = None
    encrypted: Flag | None = None
    verified: Flag | None = None
    text: Text | None = None

    @property
    def loopback(self) -> bool:
        """Whether only the same network namespace can connect."""
        return (
            self.scheme in ("unix", "npipe", "fd")
            or self.host.startswith("127.")
            or self.host in ("localhost", "::1")
        )

    @property
    def address(self) -> str:
        """Its place inside its daemon."""
        return f"listener.{self}"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host and self.scheme == "tcp" else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port is not None else "")


class Reach(StrEnum):
    """Who can connect to a listener, widest first; the value completes "it obeys …"."""

    PUBLISHED = "whoever reaches the host"
    HOST_NETWORK = "whoever can connect to the host"
    CLUSTER = "every pod of the cluster"
    PUBLISHED_LOCALLY = "every user and program of the host"
    NETWORK = "every container on its network"
    POD = "every container of its pod"
    INNER = "the containers it starts"

    @property
    def beyond_the_host(self) -> bool:
        """Whether other machines can connect, as far as the settings go."""
        return self in (Reach.PUBLISHED, Reach.HOST_NETWORK)


@record(kw_only=True)
class Exposure:
    """Who can connect to one TCP listener, and the settings that make it so."""

    endpoint: Endpoint
    reach: Reach
    because: tuple[HasSpan, ...] = ()


@record(kw_only=True)
class Certificates:
    """Where a daemon's or client's certificates come from. ``directory`` is inside the container."""

    directory: str
    span: Span
    generated: bool = False
    mounts: tuple[Mount, ...] = ()
    names: tuple[Text, ...] = ()
    """Further names the server certificate is valid for: the host name, and ``DOCKER_TLS_SAN``'s entries."""

    def covers(self, host: str) -> bool:
        """Whether the certificate that is made is valid for ``host``; true when an unknown name may be it.

        It always names ``docker``, ``localhost`` and the container's own addresses.
        """
        if host in ("docker", "localhost") or host.replace(".", "").isdigit() or ":" in host or not self.generated:
            return True
        return any(name.unknown or name.value in (host, f"DNS:{host}", f"IP:{host}") for name in self.names)


@record(eq=False, kw_only=True)
class Daemon(Linked):
    """An engine that a container runs (or a host, when ``container`` is ``None``).

    ``version`` is as much of the engine's version as the image tells, ``None`` when nothing does.
    """

    engine: str
    span: Span
    address: str
    container: Container | None
    launch: Launch
    listens: tuple[Endpoint, ...] = ()
    rootless: Flag
    version: tuple[int, ...] | None = None
    storage_driver: Text | None = None
    """The driver somebody asked for; ``None`` is the engine's own choice."""
    data_root: Text
    data_mount: Mount | None = None
    """The mount that provides the data root or a directory above it."""
    partial_mounts: tuple[Mount, ...] = ()
    """Mounts of directories below the data root: parts of the engine's state."""
    backing: Backing = Backing.UNKNOWN
    certificates: Certificates | None = None
    configuration: EngineConfiguration | None = None
    reported_version: Text | None = None
    """The version as a running engine gives it, a distributor's suffix included."""
    mandatory_access_control: Flag | None = None
    """Whether AppArmor or SELinux confines its containers; ``None`` when nothing says so."""
    loads_apparmor_profile: bool = False
    """At its start it loads the profile ``docker-default`` into the kernel, if the image has AppArmor's tools."""
    exposures: tuple[Exposure, ...] = field(init=False, repr=False, default=())
    """Who can connect to its TCP listeners; a listener that nobody else can reach has none."""
    clients: tuple[Access, ...] = field(init=False, repr=False, default=())
    """Who can command it; concluded by ``infer``."""

    @property
    def label(self) -> str:
        """What runs it, for messages: ``the docker engine in service 'dind'``."""
        where = f" in {self.container}" if self.container is not None else " on the host"
        return f"the {self.engine} engine{where}"

    def __str__(self) -> str:
        return self.label

    @property
    def version_place(self) -> HasSpan | None:
        """What tells its version: the image that somebody chose, or the engine itself; ``None`` for a built image."""
        if self.container is None:
            return self.reported_version
        return self.container.image if self.container.build is None else None

    @property
    def packaged_by_others(self) -> bool:
        """Whether its version has a distributor's suffix (``20.10.24+dfsg1``): fixes may be in it that came later."""
        return self.reported_version is not None and any(sign in self.reported_version.pattern for sign in "+~")

    def setting(self, name: str) -> Setting | None:
        """Return the setting of that name that counts: a flag's, else the configuration file's."""
        found = self.launch[name]
        if found is None and self.configuration is not None:
            found = self.configuration[name]
        return found

    def settings(self, name: str) -> tuple[Setting, ...]:
        """Return every setting of that name: options first, then the file's."""
        written = self.configuration.settings if self.configuration is not None else ()
        return tuple(setting for setting in (*self.launch.settings, *written) if setting.name == name)

    def variable(self, name: str) -> EnvVar | None:
        """Return a variable of its container, or of the build stages that its image comes from."""
        seen: set[int] = set()
        container = self.container
        while container is not None and id(container) not in seen:
            if (found := container.environment[name]) is not None:
                return found
            seen.add(id(container))
            container = container.built_from
        return None

    def at_least(self, *version: int) -> bool:
        """Whether the newest engine that its image's tag can mean is that version or newer."""
        from dindguard.model.engine_versions import below

        if self.version is not None:
            return not below(self.version, version)
        image = self.container.image if self.container is not None else None
        engine = image.engine if image is not None else None
        return engine is not None and engine.official and engine.floating is True

    @property
    def address_ranges(self) -> tuple[Setting, ...]:
        """The settings that give its containers addresses; each value is a network in CIDR notation."""
        pools = (
            replace(pool, value=value)
            for pool in self.settings("default-address-pool")
            if (value := _after(pool.value, "base=")) is not None
        )
        return (*self.settings("bip"), *self.settings("fixed-cidr"), *pools)

    @property
    def privileged(self) -> Flag:
        """Whether its container is privileged; nobody wrote that of a host's engine."""
        return self.container.privileged if self.container is not None else unset(self.span, "privileged")


def _after(text: Text, key: str) -> Text | None:
    """Return what stands after ``key`` in a list of fields with commas between them."""
    at = 0
    for field_text in text.pattern.split(","):
        if field_text.strip().startswith(key):
            start = at + field_text.index(key) + len(key)
            return text.part(start, at + len(field_text))
        at += len(field_text) + 1
    return None
