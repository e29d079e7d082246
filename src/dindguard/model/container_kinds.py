"""What sort of thing a container is, who starts it, what it is for, and what contains it."""

from __future__ import annotations

from dindguard.enumerations import StrEnum
from dindguard.vocabulary import EngineProduct


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
    SCRIPT = "script"
    """The machine that runs a script of its own, as far as the script reaches or starts an engine."""
    COMMAND = "docker run"
    """A container that a command line starts."""
    IMAGE = "image"
    """An image that a Dockerfile builds: a container nobody has started."""
    RUNNER_DEFAULT = "runner default"
    """What a CI runner gives to every job."""
    DEFAULT = "container default"
    """What an engine gives to every container that does not say otherwise (``containers.conf``)."""
    RUNNER = "runner"
    """A CI runner's own process, which starts the containers of jobs."""
    MANAGED = "managed container"
    """A container that a tool of operations keeps running (Ansible, Terraform)."""
    CLUSTER_NODE = "cluster node"
    """A container that stands for a machine of a cluster (kind)."""
    DEV_CONTAINER = "dev container"
    """What an editor or a hosted workspace opens a folder in."""
    LIVE = "running container"
    """A container that an engine reported."""

    def words(self, client: str = "") -> str:
        """Return what messages call it; ``client`` is the program whose command line started it."""
        return f"{client} run" if client else str(self)

    def unnamed(self, client: str = "") -> str:
        """Return what messages call one that has no name."""
        if self is ContainerKind.DEFAULT:
            return "every container"
        words = self.words(client)
        return f"the container of '{words}'" if self is ContainerKind.COMMAND else f"the {words}"


class Platform(StrEnum):
    """Who starts the containers; what it does by default is in the model, so rules hardly need this."""

    ENGINE = "container engine"
    SWARM = "Swarm"
    KUBERNETES = "Kubernetes"
    GITLAB = "GitLab"
    GITHUB = "GitHub"
    AZURE = "Azure Pipelines"
    DRONE = "Drone"
    CONCOURSE = "Concourse"
    OTHER_CI = "CI"
    NONE = "nobody"

    @property
    def adds_mounts(self) -> bool:
        """Whether containers get mounts that their file does not show (a runner's own configuration)."""
        return self in (Platform.GITLAB, Platform.DRONE, Platform.OTHER_CI)

    @property
    def keeps_shared_memory(self) -> bool:
        """Whether ``/dev/shm`` stays the pod's own where the host's ``/dev`` is mounted (containerd and CRI-O mount it anew).

        Docker leaves out its own mounts below ``/dev`` then (moby ``daemon/oci_linux.go``).
        """
        return self is Platform.KUBERNETES

    @property
    def hides_workspaces(self) -> bool:
        """Whether a job's folder has another path in the job's container than on the machine."""
        return self in (Platform.GITHUB, Platform.GITLAB, Platform.AZURE)

    @property
    def jobs_own_localhost(self) -> bool:
        """Whether a job without a container runs on the machine itself, and finds its services at ``localhost``."""
        return self in (Platform.GITHUB, Platform.AZURE)

    @property
    def only_starts(self) -> bool:
        """Whether it starts containers without waiting until they answer, unless a health check tells it to.

        GitLab's runner waits for the ports of services (``executors/docker/services.go``); of others nothing is known.
        """
        return self not in (Platform.GITLAB, Platform.OTHER_CI, Platform.NONE)

    @property
    def all_or_nothing(self) -> bool:
        """Whether a container has every capability and device or none beyond the usual: no setting grants one by name."""
        return self is Platform.CONCOURSE

    @property
    def node_engine(self) -> EngineProduct:
        """The engine that its nodes run today: Kubernetes dropped Docker's with 1.24."""
        return EngineProduct.CONTAINERD if self is Platform.KUBERNETES else EngineProduct.DOCKER


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
