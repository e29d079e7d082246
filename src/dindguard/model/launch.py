"""How an engine is started and configured: its command line, and its configuration file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.enumerations import StrEnum
from dindguard.model.values import Text
from dindguard.records import record
from dindguard.source import Span
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    from dindguard.model.container import Container
    from dindguard.model.container_parts import EnvVar


OPTIONS = ("DOCKER_OPTS", "OPTIONS", "other_args", "DOCKER_STORAGE_OPTIONS", "DOCKER_NETWORK_OPTIONS")
"""Variables that init scripts and packaged units put into dockerd's command line."""


@record
class Setting:
    """One setting of an engine: its canonical long name (``storage-driver``), its value, and where.

    ``source`` is ``flag``, ``file`` (daemon.json), ``environment`` or ``image``.
    """

    name: str
    value: Text
    span: Span
    source: str = "flag"

    @property
    def address(self) -> str:
        """Its place inside its engine."""
        return f"{self.name}"


@record(eq=False, kw_only=True)
class Configuration:
    """What a configuration file (``daemon.json``, ``buildkitd.toml``) tells an engine.

    ``container`` has the file in it, or mounts it; ``None`` for a machine's.
    """

    product: EngineProduct
    settings: tuple[Setting, ...]
    span: Span
    container: Container | None = None
    machine: str = ""
    """Which machine's files it lies among (:func:`~dindguard.model.paths.machine_of`), to join what belongs together."""
    ignored: tuple[Setting, ...] = ()
    """Keys that the engine ignores: options' names (``host``) where the file's are others (``hosts``)."""

    def __getitem__(self, name: str) -> Setting | None:
        return next((setting for setting in reversed(self.settings) if setting.name == name), None)


@record(kw_only=True)
class Launch:
    """How an engine is started.

    ``wrapper`` tells whether the official image's entry point runs first (it adds default listeners,
    certificates, an init and the ``dind`` script). ``arguments`` are what reaches its own program.
    """

    wrapper: bool
    prepared: bool = False
    """The nesting script runs first: it sets ``container=docker``, moves cgroups, makes mounts shared."""
    arguments: tuple[Text, ...]
    settings: tuple[Setting, ...]
    span: Span
    certain: bool = True
    """Whether ``arguments`` are all that it gets."""
    shown: bool = True
    """Whether the files hold what starts it; they may hold its configuration alone."""
    packaged: Span | None = None
    """Where the unit of its package is started or edited: what the files do not show of its command line is the package's."""
    implied: frozenset[str] = frozenset()
    """Settings that the official entry point always passes as options."""
    main_program: bool = False
    """It is what the container runs, not something that a script or an init system starts in it."""
    forwards: Text | None = None
    """The socket that a forwarder hands on (socat): an engine of which nothing else is known, and that asks nobody."""
    init: bool | None = None
    """Whether process 1 is an init, which collects orphaned processes; ``None`` if the files do not tell."""

    def __getitem__(self, name: str) -> Setting | None:
        """Return the setting that counts: a flag before the file, the last one of several."""
        if not self.settings:
            return None
        found = [setting for setting in self.settings if setting.name == name]
        flags = [setting for setting in found if setting.source != "file"]
        counting = flags or found
        return counting[-1] if counting else None

    def all(self, name: str) -> tuple[Setting, ...]:
        """Return every setting of that name, in order (``host`` may be given several times)."""
        return tuple(setting for setting in self.settings if setting.name == name)


class ServiceKind(StrEnum):
    """What a file tells a service manager."""

    UNIT = "unit"
    DROP_IN = "drop-in"
    SOCKET = "socket unit"
    VARIABLES = "variables"
    """Variables that a unit or an init script puts into the command line (``/etc/default/docker``)."""
    PROGRAM = "supervised program"


@record(eq=False, kw_only=True)
class ServiceFile:
    """What a service manager's file, or a file that it reads, tells of how an engine is started.

    ``service`` is the unit's or program's name without its ending, ``machine`` as in :class:`Configuration`, ``path``
    where the file lies on its machine. ``container`` has the file in it; ``None`` for a machine's.
    """

    kind: ServiceKind
    service: str
    machine: str
    path: str
    span: Span
    container: Container | None = None
    commands: tuple[tuple[Text, ...], ...] = ()
    """The words of each command that it starts."""
    resets: bool = False
    """It takes back the commands of the files before it (an empty ``ExecStart=``)."""
    variables: tuple[EnvVar, ...] = ()
    reads: tuple[Text, ...] = ()
    """Files of variables that it reads."""
    addresses: tuple[Text, ...] = ()
    """Where its socket listens for the engine."""


def part_after(text: Text, key: str) -> Text | None:
    """Return what stands after ``key`` in a list of fields with commas between them."""
    at = 0
    for field_text in text.pattern.split(","):
        if field_text.strip().startswith(key):
            start = at + field_text.index(key) + len(key)
            return text.part(start, at + len(field_text))
        at += len(field_text) + 1
    return None
