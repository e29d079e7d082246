"""The parts of a container: variables, commands, ports, devices, limits, probes, builds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dindguard.model.values import Flag, Text
from dindguard.patterns import decimal, integer
from dindguard.records import field, record
from dindguard.source import Span


@record(slots=True)
class EnvVar:
    """One environment variable of a container. An empty value is a value; *inherited from the caller* is unknown."""

    name: str
    value: Text
    span: Span

    @property
    def address(self) -> str:
        """Its place inside its container, for finding identities."""
        return f"environment.{self.name}"


_NO_VARIABLES: dict[str, EnvVar] = {}
"""What most containers have."""


class Environment:
    """A container's variables by name; later ones win. Never holds what an image brings unless ``infer`` adds it."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Iterable[EnvVar] = ()) -> None:
        self._variables = {variable.name: variable for variable in variables} or _NO_VARIABLES

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


@record(slots=True)
class OuterName:
    """A name that containers of other workloads reach this one by, within one scope.

    ``scope`` identifies where the name holds: a network that several projects join, a namespace, a cluster.
    Equal scopes in one scan are one, so formats build them from evidence only. A name that stands for single
    ports (a Service's) leads from ``port`` to the container's ``target``; ``None`` leads from any to the same.
    """

    name: Text
    scope: str
    port: int | None = None
    target: int | None = None


@record(slots=True)
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


def port_number(text: str) -> int | None:
    """Return the port that a text names by its number; ``None`` for any other text."""
    return decimal(text)


@record(slots=True)
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


@record(slots=True)
class Device:
    """A host device given to a container. ``host_path`` may be a whole directory."""

    host_path: Text
    span: Span
    permissions: str = "rwm"

    @property
    def address(self) -> str:
        """Its place inside its container."""
        return f"devices.{self.host_path}"

    @property
    def writable(self) -> bool:
        """Whether its permissions allow to write."""
        return "w" in self.permissions


@record(slots=True)
class Copied:
    """Files that an image build takes from its folder: ``source`` there, ``target`` in the image."""

    source: Text
    target: Text

    @property
    def span(self) -> Span:
        """Where the source is written."""
        return self.source.span

    @property
    def address(self) -> str:
        """Its place inside its container."""
        return f"copied.{self.source}"


@record(kw_only=True, slots=True)
class Limits:
    """Resource limits, as written."""

    memory: Text | None = None
    pids: Text | None = None
    cpus: Text | None = None
    ephemeral_storage: Text | None = None
    oom_score_adj: Text | None = None
    oom_kill_disable: Flag | None = None

    @property
    def oom_score(self) -> int | None:
        """The known ``oom_score_adj``: -1000 is never ended, 1000 first."""
        word = (self.oom_score_adj.value or "").strip() if self.oom_score_adj is not None else ""
        return integer(word)


@record(slots=True)
class HealthCheck:
    """A health, readiness or startup probe. ``gates_start`` tells whether others wait for it."""

    span: Span
    command: Words | None = None
    disabled: bool = False
    gates_start: bool = False


@record(slots=True)
class Dependency:
    """``this`` container starts after ``name``; ``condition`` is ``started``, ``healthy`` or ``completed``."""

    name: str
    condition: str
    span: Span


@record(kw_only=True, slots=True)
class Build:
    """How a container's image is built. Paths are relative to the scan's root; ``None`` where unknown."""

    span: Span
    context: str | None = None
    dockerfile: str | None = None
    target: Text | None = None
    arguments: Mapping[str, Text] = field(default_factory=dict)
    privileged: Flag | None = None
    entitlements: tuple[Text, ...] = ()
    only_asks: bool = False
    """Whoever starts the build has to allow its entitlements first (a bake file's)."""
    network: Text | None = None
    inline: bool = False
    """The Dockerfile stands in the same file (``dockerfile_inline``); ``dockerfile`` is then that file's path."""
