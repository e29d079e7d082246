"""Who can command which engine, and what that leads to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dindguard.budget import WAY_STEPS
from dindguard.enumerations import StrEnum
from dindguard.model.values import Flag, Text
from dindguard.records import record
from dindguard.source import Span, Step
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    from dindguard.model.container import Container, EnvVar
    from dindguard.model.engine import Endpoint, Engine, Machine
    from dindguard.model.mount import Mount


class Permit(StrEnum):
    """How much of an engine's API an access gives."""

    EVERYTHING = "everything"
    CREATE = "creating containers"
    EXECUTE = "executing in containers"
    BUILD = "building images"
    MODIFY = "changing things"
    READ = "reading"
    NOTHING = "nothing"
    UNKNOWN = "unknown"

    @property
    def starts_containers(self) -> bool:
        """Whether it lets start containers of one's own choice, which is root on the engine's machine."""
        return self in (Permit.EVERYTHING, Permit.CREATE)


@record
class ProxyPermits:
    """What a socket proxy permits at most, and the settings that make it so.

    ``unknown`` is the setting that could not be known and would decide.
    """

    permits: Permit
    because: tuple[EnvVar | Text, ...] = ()
    unknown: EnvVar | None = None


@record(eq=False, kw_only=True)
class Access:
    """``who`` can command the engine ``to``, through ``via``."""

    who: Container
    """The container that can command it."""
    to: Engine | Machine
    """An engine of the model, or a machine, whose own engine it is."""
    via: Mount | Endpoint | EnvVar | Flag | Text
    """What grants it: a mount of its socket, an endpoint it listens on, the variable that points there, a flag."""
    product: EngineProduct
    """Which engine it speaks to, where that is known."""
    span: Span
    """Where that which grants it is written."""
    permits: Permit = Permit.EVERYTHING
    """How much of the engine's API it gives; a proxy may let less through."""
    rootless: bool = False
    """Whether the engine runs as an ordinary user: commanding it is that user, not root."""
    through: str = ""
    """The socket's path on the host, or how a mounted directory leads to it."""
    deliberate: bool = True
    """The socket, or a directory made for sockets, is what was handed over; not merely something above it."""
    whichever: bool = False
    """Which engine it speaks to depends on what the machine runs: a directory above the sockets of several."""
    endpoint: Endpoint | None = None
    """The address that a client uses, or the one that the engine listens on."""
    arrives_at: int | None = None
    """The engine's own port that a client's address leads to, where something between them translates ports."""
    proxy: Container | None = None
    """The socket proxy it goes through."""
    assumed: bool = False
    """That it is the host's engine is told by where the socket is mounted, not by where it comes from."""
    uses: bool = False
    """The files show that it is used on purpose (a DOCKER_HOST, a docker command)."""
    credentials: bool = True
    """Whether it has the proof that the engine asks for, or none is asked."""
    certificate_path: str = ""
    """Where the client looks for its certificates, inside its container."""
    shares_certificates: bool = False
    """The engine's client certificates reach the client through a storage of both."""
    steps: tuple[Step, ...] = ()
    """What grants it, one step after another, in words and places."""

    def __str__(self) -> str:
        return str(self.who)

    @property
    def is_whole_host(self) -> bool:
        """Whether a socket that was mounted on purpose makes whoever has it root on a machine."""
        from dindguard.model.engine import Machine

        permits = (
            self.permits is Permit.EVERYTHING and self.deliberate and not self.rootless and self.endpoint is None
        )
        return permits and isinstance(self.to, Machine)

    @property
    def port(self) -> int | None:
        """The engine's port that a client's connection arrives at; ``None`` when it is not known."""
        if self.arrives_at is not None or self.endpoint is None:
            return self.arrives_at
        return self.endpoint.port

    @property
    def group_grants(self) -> tuple[Text, ...]:
        """Groups of the container that own engine sockets, so that not being root does not help it."""
        return tuple(group for group in self.who.groups if group.value in ("docker", "999", "998", "0", "root"))

    @property
    def kept_out(self) -> str:
        """Whom a socket of ``root:docker`` and mode 660 keeps out, if the container runs as such a user; else ``""``.

        A group with another number than the user's was chosen for a reason, and may be the socket's; so may one that a
        build puts the user into. What serves a developer finds its way to the socket by itself.
        """
        from dindguard.model.container_kinds import ContainerKind

        who = self.who
        if not who.as_root.off or who.privileged.on or who.kind is ContainerKind.DEV_CONTAINER:
            return ""
        user, _, group = ("" if who.user is None else who.user.pattern).partition(":")
        alone = all(each.value == user for each in who.groups) and group in ("", user)
        if self.answers_root_alone or (alone and (group or not _joins_a_group(who))):
            return f"user {user}" if user else "its image's user"
        return ""

    @property
    def answers_root_alone(self) -> bool:
        """Whether what listens asks who it is, whatever the socket's mode: systemd (sd-bus, polkit)."""
        return self.product == "systemd"

    @property
    def address(self) -> str:
        """Its place inside its container."""
        return f"access.{getattr(self.via, 'address', self.product)}"


def _joins_a_group(container: Container) -> bool:
    """Whether the build of its image puts a user into a group that owns an engine's socket."""
    from dindguard.model.invocation import InvocationKind

    return any(
        each.kind is InvocationKind.GROUP_GRANT for stage in container.origin.stages for each in stage.invocations
    )


@record(eq=False)
class EscapePath:
    """The shortest way from a container to root on the host, one step after another, in words and places.

    ``own`` are the steps up to the next container, whose way ``onward`` is.
    """

    own: tuple[Step, ...]
    onward: EscapePath | None = None

    @cached_property
    def length(self) -> int:
        """How many steps it has."""
        return len(self.own) + (self.onward.length - 1 if self.onward is not None else 0)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its steps; of a way through very many engines, the first ones and the end."""
        found, way = list(self.own), self.onward
        while way is not None:
            if len(found) > WAY_STEPS.most:
                while way.onward is not None:
                    way = way.onward
                found.append(Step("… and so on, from engine to engine", way.own[0].span))
            found += way.own[1:]
            way = way.onward
        return tuple(found)

    def __str__(self) -> str:
        return " → ".join(step.what for step in self.steps)
