"""What sort of thing a container is, what it is for, and what contains it."""

from __future__ import annotations

from dindguard.enumerations import StrEnum


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
