"""What ``infer`` concludes about the objects that were read: typed, frozen, settled once and never changed.

A container's facts come in the order in which they rest on each other: where it comes from, what it does, what runs
in it, what it can reach. Each step is one record; nothing of what was read is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import local
from typing import TYPE_CHECKING, Any

from dindguard.model.container_kinds import Role, Sandbox
from dindguard.model.earlier_calls import EarlierCalls
from dindguard.model.values import Flag, How, Text
from dindguard.records import field, record, values
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.model.access import Access, EscapePath, ProxyPermits
    from dindguard.model.container import Container
    from dindguard.model.engine import Engine, Exposure, Machine
    from dindguard.model.invocation import Invocation
    from dindguard.model.mount import Mount
    from dindguard.model.policy import Fact
    from dindguard.model.workload import Workload

_NOBODY_KNOWS = Flag(None, Span(""), How.INHERITED, "user")


class SettledTwiceError(RuntimeError):
    """Somebody tried to conclude the same kind of fact again."""


def settle(about: Any, name: str, facts: object) -> None:
    """Give an object one record of facts. Raises :class:`SettledTwiceError` when it has it already."""
    if getattr(about, name) is not _unsettled(about.__class__, name):
        raise SettledTwiceError(f"{type(about).__name__}.{name} is settled already")
    give(about, name, facts)


@cache
def _unsettled(kind: Any, name: str) -> object:
    """Return what an object has as long as nobody concluded anything."""
    return next(each.default for each in kind.__record_fields__ if each.name == name)


class Conclusions:
    """What a scan concluded about objects that were read, so that it can be taken back: another scan uses them again."""

    def __init__(self) -> None:
        self._given: list[tuple[Any, str, Any, Any]] = []

    def note(self, about: Any, name: str, facts: Any) -> None:
        """Note what an object is given."""
        self._given.append((about, name, getattr(about, name, None), facts))

    def take_back(self) -> None:
        """Leave the objects as they were read."""
        for about, name, before, _ in reversed(self._given):
            object.__setattr__(about, name, before)

    def give_again(self) -> None:
        """Give the objects what was taken back."""
        for about, name, _, facts in self._given:
            object.__setattr__(about, name, facts)


class _Open(local):
    conclusions: Conclusions | None = None


_OPEN = _Open()
"""What each thread keeps in mind."""


@contextmanager
def noted(wanted: bool) -> Iterator[Conclusions]:
    """Keep in mind what is concluded inside the block, if that is ``wanted``."""
    conclusions = Conclusions()
    outer, _OPEN.conclusions = _OPEN.conclusions, conclusions if wanted else None
    try:
        yield conclusions
    finally:
        _OPEN.conclusions = outer


def give(about: Any, name: str, facts: object) -> None:
    """Give a frozen object what is concluded about it."""
    conclusions = _OPEN.conclusions
    if conclusions is not None:
        conclusions.note(about, name, facts)
    object.__setattr__(about, name, facts)


@record(eq=False, kw_only=True, slots=True)
class Origin:
    """Where a container comes from."""

    stages: tuple[Container, ...] = ()
    """The Dockerfile stage that its image is built from, when the scan has it, that stage's own, and so on, within bounds."""
    further: bool = False
    """There are more stages than are followed."""
    beneath: tuple[Container, ...] = ()
    """The last stages of other Dockerfiles of the scan that make the image which it is based on, the nearest first."""
    discarded: bool = False
    """A build stage that is neither the last one nor built upon: its files are copied at most."""
    commands_before: EarlierCalls = EarlierCalls()
    """Engine calls that stand before it in its file, when a command line starts it."""
    image_built_by: Invocation | None = None
    """The call of the same file that built its image and gave it this name."""


@record(eq=False, kw_only=True, slots=True)
class Activity:
    """What runs in a container, as whom, and what holds it."""

    invocations: tuple[Invocation, ...] = ()
    programs: frozenset[str] | None = None
    """The base names of all programs that its scripts run; ``None`` when no script was read."""
    as_root: Flag = _NOBODY_KNOWS
    """Whether its main process runs as root: somebody wrote it, or its image is known."""
    sandbox: Sandbox = Sandbox.NONE
    sandbox_evidence: Text | Flag | None = None
    scaled: Text | None = None
    """The option of a command that starts several copies of it."""
    sandbox_fact: Fact | None = None
    """What the organisation says of the sandbox, where no file shows it."""


@record(eq=False, kw_only=True, slots=True)
class Purpose:
    """What a container is for, as far as engines go."""

    engines: tuple[Engine, ...] = ()
    """The engines that it starts: each command that starts one is one of its own."""
    runs_containers: bool = False
    """Containers run inside it: by an engine that listens, or without one (Podman, Buildah)."""
    known_socket_user: str | None = None
    """The well-known tool, or the organisation's own, that it runs and that needs an engine's socket by design."""
    proxy: ProxyPermits | None = None
    """What it lets through, when it is a socket proxy."""
    only_does: str = ""
    """What all that its command runs does, if that is a tame task alone (``sysctl``, ``chown``): nothing else gets into it."""


@record(eq=False, kw_only=True, slots=True)
class Standing:
    """What a container can command, and where that leads."""

    role: Role = Role.OTHER
    runs_on: Engine | Machine | None = None
    """The engine that starts it, when a command line does: its host is that engine's container, or a machine."""
    accesses: tuple[Access, ...] = ()
    dead_ends: tuple[Text, ...] = ()
    """Addresses of engines that lead back to itself, where none listens."""
    unknown_engines: tuple[Text, ...] = ()
    """Addresses by which it commands engines, and of which the files do not tell whose they are."""
    escape: EscapePath | None = None


@record(eq=False, kw_only=True, slots=True)
class Contact:
    """Who gets in touch with an engine."""

    exposures: tuple[Exposure, ...] = ()
    """Who can connect to its TCP listeners; a listener that nobody else can reach has none."""
    clients: tuple[Access, ...] = ()
    """Who can command it."""
    beside_runner: bool = False
    """Whether a CI runner is in the workload of its container."""
    spoken_for: bool = False
    """Whether containers of the scan are started from its image: what holds of those is told of them."""


@record(eq=False, kw_only=True, slots=True)
class Sharing:
    """Who mounts a storage, and how; or whose engines keep their state there without a mount."""

    users: tuple[tuple[Container, Mount], ...] = ()
    engines: tuple[Engine, ...] = ()
    """Engines of one machine, or of one container, that run side by side and keep their state there."""


@record(eq=False, kw_only=True, slots=True)
class Assignment:
    """Which CI runner runs which jobs, and which jobs alone start what."""

    runner: Workload | None = None
    """The CI runner of the scan that runs this job."""
    jobs: tuple[Workload, ...] = ()
    """The jobs of the scan that this CI runner runs."""
    short_lived: str = ""
    """Why it does not last, in words: only tests and jobs on hosted machines start it, as far as the scan shows."""


_NOTHING: dict[type, Purpose | Standing] = {Purpose: Purpose(), Standing: Standing()}


@record(eq=False, kw_only=True)
class ContainerFacts:
    """The facts of a container, each under a name of its own."""

    origin: Origin = field(init=False, repr=False, default=Origin())
    """Where it comes from."""
    activity: Activity = field(init=False, repr=False, default=Activity())
    """What runs in it, as whom, and what holds it."""
    purpose: Purpose = field(init=False, repr=False, default=Purpose())
    """What it is for, as far as engines go."""
    standing: Standing = field(init=False, repr=False, default=Standing())
    """What it can command, and where that leads."""

    def settle(self, facts: Origin | Activity | Purpose | Standing) -> None:
        """Take what ``infer`` concluded; each kind comes once. What says nothing of most is the same for all of those."""
        nothing = _NOTHING.get(type(facts))
        same = nothing is not None and values(facts) == values(nothing)
        settle(self, type(facts).__name__.lower(), nothing if same and nothing is not None else facts)

    @property
    def built_from(self) -> Container | None:
        """The Dockerfile stage that its image is built from, when the scan has it."""
        return self.origin.stages[0] if self.origin.stages else None

    @property
    def discarded(self) -> bool:
        """A build stage that is neither the last one nor built upon: its files are copied at most."""
        return self.origin.discarded

    @property
    def commands_before(self) -> EarlierCalls:
        """Engine calls that stand before it in its file, when a command line starts it."""
        return self.origin.commands_before

    @property
    def image_built_by(self) -> Invocation | None:
        """The call of the same file that built its image and gave it this name."""
        return self.origin.image_built_by

    @property
    def invocations(self) -> tuple[Invocation, ...]:
        """What its scripts run, as far as it concerns engines."""
        return self.activity.invocations

    @property
    def programs(self) -> frozenset[str] | None:
        """The base names of all programs that its scripts run; ``None`` when no script was read."""
        return self.activity.programs

    @property
    def as_root(self) -> Flag:
        """Whether its main process runs as root: somebody wrote it, or its image is known."""
        return self.activity.as_root

    @property
    def sandbox(self) -> Sandbox:
        """What stands between it and the host's kernel."""
        return self.activity.sandbox

    @property
    def sandbox_evidence(self) -> Text | Flag | None:
        """The setting that tells its sandbox."""
        return self.activity.sandbox_evidence

    @property
    def engine(self) -> Engine | None:
        """The engine that it starts; the first of several, which is its main program if one is."""
        return self.purpose.engines[0] if self.purpose.engines else None

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The engines that it starts: each command that starts one is one of its own."""
        return self.purpose.engines

    @property
    def only_does(self) -> str:
        """What all that its command runs does, in words, if that is a tame task alone (``sysctl``, ``chown``)."""
        return self.purpose.only_does

    @property
    def runs_containers(self) -> bool:
        """Containers run inside it: by an engine that listens, or without one (Podman, Buildah)."""
        return self.purpose.runs_containers

    @property
    def known_socket_user(self) -> str | None:
        """The well-known tool, or the organisation's own, that it runs and that needs an engine's socket by design."""
        return self.purpose.known_socket_user

    @property
    def proxy(self) -> ProxyPermits | None:
        """What it lets through, when it is a socket proxy."""
        return self.purpose.proxy

    @property
    def role(self) -> Role:
        """What it does with engines."""
        return self.standing.role

    @property
    def runs_on(self) -> Engine | Machine | None:
        """The engine that starts it, when a command line does; ``None`` if nobody knows."""
        return self.standing.runs_on

    @property
    def host(self) -> Container | None:
        """The container whose engine starts it: its host paths are that container's; ``None`` for a machine's engine."""
        started_by = self.standing.runs_on
        return getattr(started_by, "container", None)

    @property
    def accesses(self) -> tuple[Access, ...]:
        """The engines that it can command, and through what."""
        return self.standing.accesses

    @property
    def dead_ends(self) -> tuple[Text, ...]:
        """Addresses of engines that lead back to itself, where none listens."""
        return self.standing.dead_ends

    @property
    def unknown_engines(self) -> tuple[Text, ...]:
        """Addresses by which it commands engines, and of which the files do not tell whose they are."""
        return self.standing.unknown_engines

    @property
    def escape(self) -> EscapePath | None:
        """Its shortest way to root on the host, where the files show one."""
        return self.standing.escape
