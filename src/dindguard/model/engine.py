"""A container engine: what configures it, how it is started, and whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.enumerations import StrEnum
from dindguard.model.examples import example_part
from dindguard.model.facts import Contact, settle
from dindguard.model.launch import Configuration, Launch, Setting, part_after
from dindguard.model.values import UNKNOWN_PIECE, Flag, Text, unset
from dindguard.records import field, record, replace
from dindguard.source import HasSpan, Span, Step
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    from dindguard.model.access import Access
    from dindguard.model.certificates import Certificates
    from dindguard.model.container import Container, EnvVar
    from dindguard.model.mount import Mount
    from dindguard.model.policy import Fact


class Backing(StrEnum):
    """What an engine's data root lies on."""

    VOLUME = "volume"
    ANONYMOUS_VOLUME = "anonymous volume"
    HOST = "host directory"
    MEMORY = "memory"
    NETWORK = "network file system"
    CONTAINER_LAYER = "the container's own layer"
    RUNTIME = "the runtime's own directory"
    UNKNOWN = "unknown"


@record(kw_only=True)
class Endpoint:
    """Where an engine listens, or where a client connects.

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
    open_unless: str = ""
    """What the files do not show and what would make a listener ask: ``its unit sets TLS``; empty if they do."""
    inner: bool = False
    """Whether its engine has a network of its own, where only the containers that it starts can connect."""

    @property
    def loopback(self) -> bool:
        """Whether only the same network namespace can connect."""
        local = self.host.startswith("127.") or self.host in ("localhost", "::1")
        return local or self.scheme in ("unix", "npipe", "fd")

    @property
    def address(self) -> str:
        """Its place inside its engine."""
        return f"listener.{self}"

    def __str__(self) -> str:
        if self.text is not None and UNKNOWN_PIECE in self.host:
            return str(self.text)
        host = f"[{self.host}]" if ":" in self.host and self.scheme == "tcp" else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port is not None else "")


class Reach(StrEnum):
    """Who can connect to a listener, widest first; the value completes "it obeys …"."""

    PUBLISHED = "whoever reaches the host"
    HOST_NETWORK = "whoever can connect to the host"
    CLUSTER = "every pod of the cluster"
    PUBLISHED_LOCALLY = "every user and program of the host"
    NETWORK = "every container on its network"
    ADMITTED = "every pod that a network policy admits"
    POD = "every container of its pod"
    INNER = "the containers it starts"
    IMAGE = "whoever reaches a container of this image"

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
    why: str = ""
    """What the settings in ``because`` do, in words: ``the port is published here``."""

    @property
    def reasons(self) -> tuple[Step, ...]:
        """The settings that make it so, each with the words that say how."""
        return tuple(Step(self.why, place.span) for place in self.because)


class Owner(StrEnum):
    """Whose an engine is."""

    CONTAINER = "container"
    IMAGE = "image"
    """Nobody here starts the image; whoever does gets the engine."""
    MACHINE = "machine"


@record(eq=False, kw_only=True)
class Machine:
    """A machine outside the model: the one that a workload runs on, that files configure, or a remote one."""

    name: str
    span: Span
    own: bool = True
    """Whether it is the machine that whoever looks at it runs on."""
    shown: bool = True
    """Whether it is certain that it is a machine: a short name may be a container that these files do not show."""

    @property
    def shown_by(self) -> str:
        """The part of its file's path that says that it is an example (``docs``, ``.sample``); empty for a real one."""
        return example_part(self.span.path)

    def __str__(self) -> str:
        return "the host" if self.own else f"{'host' if self.shown else 'the unknown'} '{self.name}'"


@record(eq=False, kw_only=True)
class Engine:
    """An engine that a container runs, that an image would run once somebody started it, or that a machine has."""

    product: EngineProduct
    """Docker, Podman, containerd, BuildKit."""
    span: Span
    """Where it is started or configured."""
    address: str
    """Its place in its file, which stays when lines move."""
    owner: Container | Machine
    """The container or the machine that has it."""
    launch: Launch
    """The command that starts it, with its options; not *shown* where only its configuration is."""
    listens: tuple[Endpoint, ...] = ()
    """The addresses that it listens on, sockets too."""
    rootless: Flag
    """Whether it runs as an ordinary user."""
    version: tuple[int, ...] | None = None
    """As much of its version as its image tells; ``None`` when nothing does."""
    storage_driver: Text | None = None
    """The driver somebody asked for; ``None`` is the engine's own choice."""
    data_root: Text
    """Where it keeps images and containers, inside its container or on its machine."""
    data_mount: Mount | None = None
    """The mount that provides the data root or a directory above it."""
    partial_mounts: tuple[Mount, ...] = ()
    """Mounts of directories below the data root: parts of the engine's state."""
    backing: Backing = Backing.UNKNOWN
    """What its data root is on: a volume, a host directory, the container's own layer …"""
    certificates: Certificates | None = None
    """Where its TLS certificates come from; ``None`` without TLS."""
    configuration: Configuration | None = None
    """Its ``daemon.json`` or the like, where the scan has it."""
    reported_version: Text | None = None
    """The version as a running engine gives it, a distributor's suffix included."""
    runner_label: Text | None = None
    """The label by which a CI job chooses the machine whose engine it is; its version is the organisation's word."""
    version_fact: Fact | None = None
    """Where the organisation says its version."""
    mandatory_access_control: Flag | None = None
    """Whether AppArmor or SELinux confines its containers; ``None`` when nothing says so."""
    loads_apparmor_profile: bool = False
    """At its start it loads the profile ``docker-default`` into the kernel, if it finds AppArmor's interface there."""
    sees_apparmor: bool = False
    """The kernel's interface of AppArmor is in its container by a mount; without one, a script or systemd may mount it."""
    contact: Contact = field(init=False, repr=False, default=Contact())
    """What ``infer`` concludes: who can connect to it and command it."""

    def settle(self, facts: Contact) -> None:
        """Take what ``infer`` concluded; it comes once."""
        settle(self, "contact", facts)

    @property
    def exposures(self) -> tuple[Exposure, ...]:
        """Who can connect to its TCP listeners; a listener that nobody else can reach has none."""
        return self.contact.exposures

    @property
    def clients(self) -> tuple[Access, ...]:
        """Who can command it."""
        return self.contact.clients

    @property
    def beside_runner(self) -> bool:
        """Whether a CI runner is in the workload of its container."""
        return self.contact.beside_runner

    @property
    def owned_by(self) -> Owner:
        """What kind of thing has it."""
        if self.container is None:
            return Owner.MACHINE
        return Owner.CONTAINER if self.container.started else Owner.IMAGE

    @property
    def container(self) -> Container | None:
        """The container that runs it, or the image that would; ``None`` for a machine's."""
        return None if isinstance(self.owner, Machine) else self.owner

    @property
    def runs_in(self) -> Container | None:
        """The container in which the files start it; ``None`` for a machine's, and if its configuration is all there is."""
        return self.container if self.launch.shown else None

    @property
    def lacks_root(self) -> Flag | None:
        """What starts it as an ordinary user although its image has no rootless engine: it ends at once; ``None`` otherwise.

        An image of one's own may have brought a rootless engine along.
        """
        container = self.container
        if container is None or self.product is not EngineProduct.DOCKER or not self.launch.wrapper:
            return None
        official = container.started and container.build is None and self.rootless.off
        return container.as_root if official and container.as_root.off and container.as_root.set else None

    @property
    def label(self) -> str:
        """What runs it, for messages: ``the docker engine in service 'dind'``."""
        if self.version_fact is not None:
            version, place = ".".join(map(str, self.version or ())), self.version_fact.span
            return f"the {self.product} engine of runner '{self.runner_label}' ({version}, as {place.path}:{place.line} says)"
        if not self.launch.shown:
            return f"the {self.product} engine configured here"
        where = f"in {self.owner}" if self.container is not None else f"on {self.owner}"
        return f"the {self.product} engine {where}"

    def __str__(self) -> str:
        return self.label

    @property
    def version_place(self) -> HasSpan | None:
        """What tells its version: the image or runner that somebody chose, or the engine; ``None`` for a built image."""
        if self.container is None:
            return self.reported_version or self.runner_label
        return self.container.image if self.container.build is None else None

    @property
    def ended(self) -> bool:
        """Whether nobody maintains the line of its version, or rebuilds the image that somebody chose."""
        from dindguard.model.engine_versions import has_ended

        return has_ended(self)

    @property
    def has_breakouts(self) -> bool:
        """Whether containers are known to break out of its version, which is still maintained."""
        from dindguard.model.engine_versions import lets_out

        return lets_out(self)

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

    @property
    def written_settings(self) -> tuple[Setting, ...]:
        """Every setting that somebody wrote: options first, then the file's."""
        written = self.configuration.settings if self.configuration is not None else ()
        return (*self.launch.settings, *written)

    def settings(self, name: str) -> tuple[Setting, ...]:
        """Return every setting of that name: options first, then the file's."""
        return tuple(setting for setting in self.written_settings if setting.name == name)

    def variable(self, name: str) -> EnvVar | None:
        """Return a variable of its container, or of the build stages that its image comes from."""
        seen: set[Container] = set()
        container = self.container
        while container is not None and container not in seen:
            if (found := container.environment[name]) is not None:
                return found
            seen.add(container)
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
        if not self.written_settings:
            return ()
        pools = [(pool, part_after(pool.value, "base=")) for pool in self.settings("default-address-pool")]
        ranges = (replace(pool, value=value) for pool, value in pools if value is not None)
        return (*self.settings("bip"), *self.settings("fixed-cidr"), *ranges)

    @property
    def privileged(self) -> Flag:
        """Whether its container is privileged; nobody wrote that of a host's engine."""
        return self.container.privileged if self.container is not None else unset(self.span, "privileged")
