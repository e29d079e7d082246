"""Words that several parts of dindguard have to agree on: engines, shells, file systems, what builds an image."""

from __future__ import annotations

from dindguard.enumerations import StrEnum


class EngineProduct(StrEnum):
    """What runs containers, or manages those who do; the value is its name in messages."""

    DOCKER = "docker"
    PODMAN = "podman"
    BUILDAH = "buildah"
    BUILDKIT = "buildkit"
    CONTAINERD = "containerd"
    CRI_O = "cri-o"
    CRI_DOCKERD = "cri-dockerd"
    BALENA = "balena"
    KUBERNETES = "kubernetes"
    KUBERNETES_NODE = "kubernetes-node"
    """A whole node in a container: kubelet, containerd and all (kind, k3s)."""
    LXD = "lxd"
    INCUS = "incus"
    LIBVIRT = "libvirt"
    SYSTEMD = "systemd"


SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh"})
"""Shells whose language :mod:`dindguard.scripts.shell` reads."""

SCRIPT_RUNNERS = SHELLS | {"busybox"}
"""Programs that run the script after ``-c``, perhaps behind a further word (``busybox sh -c``)."""

FORWARDERS = frozenset({"socat", "ncat", "nc", "netcat", "ssh", "autossh"})
"""Programs that can hand a socket on to a port."""

POWERSHELLS = frozenset({"pwsh", "powershell"})

INITS = frozenset({"tini", "dumb-init", "docker-init", "catatonit"})
"""Programs for process 1 that start another one, pass signals on and collect orphans."""

ROOTLESSKIT = "rootlesskit"
"""The program that gives what it starts user and network namespaces of its own."""

ROOTLESSKIT_OPTIONS = "ROOTLESSKIT_ options"
"""Under this name, which no variable can have, its options stand beside the variables of what it starts, and may be shown."""

LAUNCHERS = INITS | {"env", "exec", "gosu", "nice", "nohup", "su-exec", "sudo", "timeout"}
"""Programs whose arguments are another program with its own."""

ENGINE_CLIENTS = frozenset({"docker", "docker-compose", "podman", "buildah", "nerdctl", "buildctl"})
"""Programs that command an engine or a builder, or are one for the time they run."""

NETWORK_FILE_SYSTEMS = {
    "nfs": "nfs", "nfs4": "nfs", "efs": "nfs", "cifs": "cifs", "smb": "cifs", "smb3": "cifs", "smbfs": "cifs",
    "azurefile": "cifs", "ceph": "cephfs", "cephfs": "cephfs", "glusterfs": "glusterfs", "9p": "9p",
    "virtiofs": "virtiofs", "lustre": "lustre", "fuse.sshfs": "sshfs",
}  # fmt: skip
"""File systems whose bytes lie on another machine, or on the host of a virtual one, and the family of each."""

MEMORY_FILE_SYSTEMS = frozenset({"tmpfs", "ramfs"})

IMAGE_BUILDS = frozenset({"build", "image build", "builder build", "buildx build"})
"""Actions of an engine's client that build one image and can name it."""

BUILD_ACTIONS = IMAGE_BUILDS | {"buildx bake"}
"""Actions that build."""

RUNNER_DECIDES = "whether the job's runner is privileged or in a sandbox"
"""What decides the privilege of an engine beside a job where no file shows the runner's configuration."""

CLUSTER_CLIENTS = frozenset({"kubectl", "oc"})
"""Clients of a cluster's API that take objects and start pods."""

STANDARD_INPUT = frozenset({"-", "/dev/stdin"})
"""How an option or an argument that is a file says that what it means comes from standard input."""

HELM_WITH_FILES = (
    r"\bhelm +(?:[\w=-]{1,60} +){0,8}(?:install|upgrade)\b"
    r"(?:[^\n]{0,300}\\\n){0,20}[^\n]{0,300}?\s(?:-f|--values)[ =]"
)
"""An expression for commands that give files of values to a chart; the words of engines may stand in those alone."""

COMPOSE_CONDITIONS = {"service_healthy": "healthy", "service_completed_successfully": "completed"}
"""What Compose waits for under ``depends_on``, in files and in the labels of its containers; anything else is a start."""

ENGINES_FILES = {
    "settings": r"daemon\.json",
    "unit": r"docker\.service",
    "variables": r"(?:default|sysconfig|conf\.d)/docker",
}
"""How the paths of files end that configure a machine's engine, or start it, as expressions."""

UNSEEN = "UNSEEN"
"""The variable that stands for what an edit leaves of a command line, which no file shows."""

INVENTORIES = ("inventory", "inventories", "environments")
"""Folders in which people keep Ansible's hosts, groups and their variables."""

CREATES_CLUSTER = r"[)}\"']*+[ \t]++(?:-[^\n]{0,80}[ \t])?create cluster\b"
"""What follows the name of kind, or a variable that holds it, where it starts a cluster, as an expression."""

ENGINE_VARIABLES = (
    "DOCKER_",
    "DOCKERD_",
    "BUILDX_",
    "BUILDKIT_",
    "COMPOSE_",
    "CONTAINER_",
    "CONTAINERD_",
    "STORAGE_DRIVER",
)
"""How the names begin of variables that engines and their clients read."""

WORD_LISTS = frozenset({"args", "argv", "cmd", "command", "commands", "entrypoint", "exec", "script", "test"})
"""Keys of lists whose items are the words, or the lines, of one command: each means something after the one before."""

CLIENT_VARIABLES = (
    "DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_TLS_CERTDIR", "DOCKER_CONTEXT", "DOCKER_API_VERSION",
    "DOCKER_CONFIG", "CONTAINER_HOST", "BUILDKIT_HOST", "STORAGE_DRIVER", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME",
)  # fmt: skip
"""Variables that clients of engines read themselves; others matter to a script that names them."""
