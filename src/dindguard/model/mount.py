"""What a container sees of the host and of volumes, and the storage behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.enumerations import StrEnum
from dindguard.model.condition import Condition
from dindguard.model.facts import Sharing, settle
from dindguard.model.path_spelling import inside, normalise, path_of
from dindguard.model.values import UNKNOWN_PIECE, Flag, Text
from dindguard.records import field, record, replace
from dindguard.source import Span
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    from dindguard.model.container import Container
    from dindguard.model.engine import Engine
    from dindguard.model.sockets import EngineSocket


_OWN_FOLDERS = (
    "PWD", "$(pwd", "`pwd", "$(mktemp", "$(git rev-parse", "HOME", "TMPDIR", "WORKSPACE", "GITHUB_WORKSPACE",
    "github.workspace", "CI_PROJECT_DIR", "RUNNER_TEMP", "runner.temp",
    "teamcity.build.", "teamcity.agent.", "system.teamcity.build.",
)  # fmt: skip
"""What is not known exactly, but is a folder of the user's or the job's own in any case."""

PROPAGATIONS = frozenset({"shared", "rshared", "slave", "rslave", "private", "rprivate"})
"""How mounts below a mount spread to its other side (mount(2))."""


class MountKind(StrEnum):
    """What stands behind a mount. The kind matters more than the path."""

    HOST = "host path"
    VOLUME = "volume"
    ANONYMOUS = "anonymous volume"
    CLAIM = "persistent volume claim"
    EMPTY_DIR = "emptyDir"
    TMPFS = "tmpfs"
    CONFIG = "configuration"
    SECRET = "secret"  # noqa: S105 - a kind of mount, no password
    IMAGE = "image"
    OTHER = "other"


class Medium(StrEnum):
    """What a storage's bytes lie on, as far as the files tell."""

    DISK = "disk"
    MEMORY = "memory"
    NETWORK = "network file system"
    UNKNOWN = "unknown"


@record(eq=False, kw_only=True, slots=True)
class Storage:
    """Something that holds bytes and that several containers may mount.

    ``identity`` makes two storages one: equal identities in one scan are the same bytes. Formats build it
    from evidence only (the same project, an external name, a claim and its namespace); the same host path in
    two unrelated workloads is not one storage, so the workload's identity is part of it there.
    """

    identity: str
    """What makes two of them the same."""
    name: str
    """Its name in the file, or its path on the host."""
    kind: MountKind
    """A volume, a claim, a host directory, memory …"""
    span: Span
    """Where it is declared, or first used."""
    medium: Medium = Medium.DISK
    """What keeps it: a disk, memory, a network file system."""
    file_system: Text | None = None
    """The file system's type, where the files say (``nfs``, ``btrfs``)."""
    size_limit: Text | None = None
    """What it may grow to, as written."""
    per_replica: bool = False
    """Each replica has its own (a volume claim template, an anonymous volume, an emptyDir)."""
    external: bool = False
    """Whether the file says that somebody else made it."""
    host_path: Text | None = None
    """The host directory behind a named volume (``driver_opts`` with ``o: bind``) or a claim's volume."""
    access_modes: tuple[Text, ...] = ()
    """The modes of a claim (``ReadWriteMany``)."""
    sharing: Sharing = field(init=False, repr=False, default=Sharing())
    """What ``infer`` concludes: who mounts it."""

    def settle(self, facts: Sharing) -> None:
        """Take what ``infer`` concluded; it comes once."""
        settle(self, "sharing", facts)

    @property
    def users(self) -> tuple[tuple[Container, Mount], ...]:
        """Who mounts it, and how."""
        return self.sharing.users

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Engines of one machine, or of one container, that run side by side and keep their state there."""
        return self.sharing.engines

    @property
    def address(self) -> str:
        """Its name, for finding identities."""
        return f"storage.{self.name}"

    @property
    def label(self) -> str:
        """Kind and name, for messages."""
        return f"{self.kind} '{self.name}'" if self.name else str(self.kind)

    def __str__(self) -> str:
        return self.label


@record(kw_only=True, slots=True)
class Mount:
    """One mount of a container.

    ``source`` is what was written as its source (a host path, a volume's name), ``target`` the path inside
    the container. ``declared`` is the place that makes the source what it is, when it is another one (the
    volume's declaration). For a host path, ``source`` is relative to nothing: formats make it absolute or
    leave ``./`` paths, which are the project's own.
    """

    kind: MountKind
    source: Text | None
    target: Text
    span: Span
    read_only: Flag
    storage: Storage | None = None
    declared: Span | None = None
    propagation: Text | None = None
    relabel: Text | None = None
    """SELinux relabelling: ``z`` or ``Z``."""
    sub_path: Text | None = None
    type_hint: Text | None = None
    """What the file says the source is: ``Socket``, ``Directory`` …"""
    through: str = ""
    """Where it was taken from: ``volumes_from agent``, ``runner default``."""
    conditions: tuple[Condition, ...] = ()
    """What must hold for it to exist, in a file that is a template."""

    @property
    def address(self) -> str:
        """Its place inside its container: the source counts, not its position in a list."""
        return f"mounts.{self.source if self.source is not None else ''}:{self.target}"

    @property
    def host_path(self) -> str | None:
        """The normalised host path behind it (``/var/run`` is ``/run``); ``None`` if it is not the host's or unknown.

        A path with unknown pieces keeps them as :data:`~dindguard.model.values.UNKNOWN_PIECE`.
        """
        written = self.host_text
        if written is None:
            return None
        path = path_of(written)
        if self.sub_path is not None:
            path = normalise(f"{path}/{self.sub_path.pattern}")
        return path

    @property
    def shown_path(self) -> str:
        """The host path as messages name it: one that is not the same for everybody as it was typed."""
        path, written = self.host_path or "", self.host_text
        if written is None or not (UNKNOWN_PIECE in path or "*" in path or path.startswith("~")):
            return path
        return written.raw if written.raw and UNKNOWN_PIECE not in written.raw else str(written)

    @property
    def host_text(self) -> Text | None:
        """The text that names the host path, here or in the volume's declaration."""
        if self.kind is MountKind.HOST:
            return self.source
        return self.storage.host_path if self.storage is not None else None

    def provides(self, path: str) -> bool:
        """Whether ``path`` (absolute, inside the container) comes from this mount."""
        return self.target.known and inside(path, self.target.pattern)

    def is_above(self, other: Mount) -> bool:
        """Whether it mounts a folder of the host above the one that another mounts."""
        own, theirs = self.host_path, other.host_path
        return own is not None and theirs is not None and own != theirs and inside(theirs, own)

    def socket(self) -> EngineSocket | None:
        """Return the engine socket that it exposes: the socket itself, or the first below a mounted directory."""
        path = self.host_path
        if path is None:
            return None
        from dindguard.model.sockets import socket_at, sockets_below  # few containers mount what is the host's

        found = socket_at(path)
        if found is None:
            below = sockets_below(path)
            found = below[0] if below else None
        return found

    @property
    def from_anywhere(self) -> bool:
        """Whether it comes from the host, and nothing is known of where: ``${DATA}:/data``."""
        written = self.host_text
        if written is None or not written.unknown or written.pattern.strip("/") != UNKNOWN_PIECE:
            return False
        return not written.variable.startswith(_OWN_FOLDERS)

    def assumed_socket(self) -> EngineSocket | None:
        """Return the engine's socket that it must be by its target, where clients look for one.

        Its source does not tell: it is not known, or a socket at a place of somebody's own choice.
        """
        path = self.host_path
        if self.kind is not MountKind.HOST or path is None or path.startswith(".") or not self.target.known:
            return None
        from dindguard.model.sockets import misspelt, socket_at

        telling = UNKNOWN_PIECE in path or (path.endswith(".sock") and not misspelt(path))
        found = socket_at(self.target.pattern) if telling and self.socket() is None else None
        named = self.host_text.variable if self.host_text is not None else ""
        podman = found is not None and "podman" in named.lower()  # whose socket it is for clients of Docker's
        return replace(found, product=EngineProduct.PODMAN) if found is not None and podman else found
