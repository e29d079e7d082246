"""A program that a script, a job or an image build runs, as far as it concerns engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dindguard.enumerations import StrEnum
from dindguard.model.values import Flag, Text
from dindguard.records import field, record
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.model.container import Container
    from dindguard.model.engine import Endpoint


class InvocationKind(StrEnum):
    """What a command does, in the words that rules use."""

    ENGINE_CALL = "engine call"
    """It commands an engine: ``docker build``, ``podman push``; ``action`` says what."""
    ENGINE_START = "engine start"
    """It starts an engine: ``dockerd &``, ``service docker start``."""
    ENGINE_RESTART = "engine restart"
    """It restarts a machine's engine by its service (``systemctl restart docker``), which then heeds its files; none is new."""
    ENGINE_INSTALL = "engine install"
    """It installs an engine from a package."""
    PIPED_INSTALL = "piped install"
    """It runs an installation script straight from the network."""
    GROUP_GRANT = "group grant"
    """It puts a user into a group that owns an engine's socket."""
    SOCKET_PERMISSION = "socket permission"
    """It lets others write to an engine's socket."""
    SOCKET_FORWARD = "socket forward"
    """It hands an engine's socket on to a port: ``socat TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock``, ncat, ssh."""
    CLUSTER_START = "cluster start"
    """It starts a cluster whose nodes are containers: ``kind create cluster --config kind.yaml``."""


@record(eq=False, kw_only=True)
class Invocation:
    """One command about engines."""

    kind: InvocationKind
    """What it does, as far as engines are concerned."""
    program: str
    """The base name of what is run: ``docker``, ``dockerd``, ``podman``."""
    words: tuple[Text, ...]
    """Its argument list as written."""
    span: Span
    """Where it is written."""
    action: str = ""
    """The subcommand: ``build``, ``run``, ``buildx create``."""
    options: Mapping[str, tuple[Text, ...]] = field(default_factory=dict)
    """Its options by canonical long name, repeated ones in order."""
    arguments: tuple[Text, ...] = ()
    """What is no option: images, paths, the command inside."""
    environment: Mapping[str, Text] = field(default_factory=dict)
    """Variables that stand before it."""
    endpoint: Endpoint | None = None
    """The engine it names itself (``-H``, a prefix ``DOCKER_HOST=``); ``None``: whatever its surroundings decide."""
    during_build: bool = False
    """It runs while an image is built."""
    remote: bool = False
    """It runs on another machine (``ssh host …``)."""
    certain: bool = True
    """Whether its options are all there: no word that the files do not decide may hold further ones."""
    subject: Text | None = None
    """What it is about: the script's URL, the package, the user, the socket."""
    administrator: Flag | None = None
    """Whether the user whom it lets in may become root otherwise (``sudo``); ``None`` where nothing tells."""
    container: Container | None = None
    """The container that it runs in, when known."""
    address: str = ""
    """Its place in its script, which stays when lines move."""

    @property
    def lets_jobs_in(self) -> bool:
        """Whether the user whom it lets in is the account of a CI system, whose jobs are anybody's."""
        return self.subject is not None and self.subject.value in _RUNNERS

    def option(self, name: str) -> Text | None:
        """Return the last value given for an option, or ``None``."""
        values = self.options.get(name)
        return values[-1] if values else None

    def __str__(self) -> str:
        return f"'{' '.join(str(word) for word in self.words[:4])}'"


_RUNNERS = frozenset(
    {
        "act-runner", "act_runner", "actions-runner", "bamboo", "buildkite", "buildkite-agent", "drone", "forgejo-runner",
        "gitea-runner", "github-runner", "gitlab-runner", "jenkins", "jenkins-agent", "teamcity", "woodpecker",
    }
)  # fmt: skip
"""Accounts that packages and guides of CI systems make to run everybody's jobs, without a right to ``sudo``."""
