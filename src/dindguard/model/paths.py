"""What a path of the host is to a container that gets it: its class, engines' sockets and data roots.

Everything takes any spelling and is pure: nothing is looked up on this machine. An unknown piece never
makes a match, unless what is known suffices. The spelling is :mod:`~dindguard.model.path_spelling`'s, the
sockets are :mod:`~dindguard.model.sockets`'.
"""

from __future__ import annotations

from functools import lru_cache

from dindguard.enumerations import StrEnum
from dindguard.model.path_spelling import home_relative, inside, is_key_file, normalise, on_the_host, path_of
from dindguard.model.sockets import EngineSocket, socket_at, sockets_below
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.patterns import regex
from dindguard.vocabulary import EngineProduct

__all__ = [
    "DATA_ROOTS",
    "LEADS_OUT",
    "EngineSocket",
    "HostPath",
    "classify",
    "data_root_of",
    "harmless_read_only",
    "holds_lsm_state",
    "inside",
    "is_below_data_root",
    "is_home",
    "is_key_file",
    "is_kubernetes_own",
    "is_public",
    "is_users_own",
    "is_whole_kernel_tree",
    "normalise",
    "on_the_host",
    "path_of",
    "socket_at",
    "sockets_below",
]


class HostPath(StrEnum):
    """What a path of the host is to a container that gets it, worst reading first."""

    ROOT = "root"
    """The whole file system, or a whole Windows drive."""
    ENGINE_SOCKET = "engine-socket"
    """See :func:`socket_at`."""
    RUNTIME_DIRECTORY = "runtime-directory"
    """``/run`` and its like: every engine's socket lies in it, and read-only does not help."""
    ENGINE_STATE = "engine-state"
    """Other containers' files and secrets; a second writer destroys them."""
    KERNEL_CONTROL = "kernel-control"
    """Kernel settings that run programs as the host's root (``core_pattern``, ``release_agent``)."""
    DEVICES = "devices"
    """All of ``/dev``."""
    RAW_DEVICE = "raw-device"
    """Memory, ports or disks; an ordinary device (``/dev/fuse``, ``/dev/kvm``) is ``OTHER``."""
    SYSTEM_CONFIG = "system-config"
    """Programs, accounts and start-up files of the host, home directories."""
    UNKNOWN = "unknown"
    """The unknown piece decides."""
    HARMLESS = "harmless"
    """Commonly shared, and of no use to an attacker (``/etc/localtime``)."""
    PROJECT = "project"
    """Relative: the project's own files."""
    OTHER = "other"


DATA_ROOTS = {
    "/var/lib/docker": EngineProduct.DOCKER,
    "/var/snap/docker": EngineProduct.DOCKER,
    "/var/lib/containerd": EngineProduct.CONTAINERD,
    "/var/snap/microk8s/common/var/lib/containerd": EngineProduct.CONTAINERD,
    "/var/lib/containers": EngineProduct.PODMAN,
    "/var/lib/buildkit": EngineProduct.BUILDKIT,
    "/var/lib/balena-engine": EngineProduct.BALENA,
    "/var/lib/kubelet": EngineProduct.KUBERNETES,
    "/var/lib/rancher": EngineProduct.KUBERNETES,
    "~/.local/share/docker": EngineProduct.DOCKER,
    "~/.local/share/containers": EngineProduct.PODMAN,
    "~/.local/share/buildkit": EngineProduct.BUILDKIT,
    "c:/programdata/docker": EngineProduct.DOCKER,
}
"""Default directories that an engine owns alone (moby daemon/config, containers-storage.conf(5))."""

_NODES_OWN = {"/var/lib/kubelet": "kubelet", "/var/lib/rancher": "Kubernetes distribution"}
"""Whose state it is that no engine of containers keeps."""

_FOLDERS = {
    HostPath.ROOT: "/",
    HostPath.RUNTIME_DIRECTORY: "/run /run/user /run/user/*",
    HostPath.ENGINE_STATE: "/var /var/lib /var/snap /var/lib/docker/volumes",
    HostPath.KERNEL_CONTROL: "/proc /sys",
    HostPath.DEVICES: "/dev",
    HostPath.SYSTEM_CONFIG: (
        "/etc /home /Users ~ /usr /usr/bin /usr/sbin /usr/lib /usr/lib64 /usr/libexec /usr/local /usr/local/bin "
        "/usr/local/sbin /usr/local/lib /bin /sbin /lib /lib64 /var/spool /var/snap/lxd /opt/cni "
        "c:/users c:/programdata c:/windows"
    ),
}
"""Directories that are what they are only as a whole: ``/etc`` is not ``/etc/nginx``."""

_TREES = {
    HostPath.RUNTIME_DIRECTORY: "/run/podman /run/crio /run/k3s /run/buildkit",
    HostPath.ENGINE_STATE: "/run/containerd /run/docker " + " ".join(DATA_ROOTS),
    HostPath.KERNEL_CONTROL: (
        "/proc/sys /proc/sysrq-trigger /proc/kcore /proc/1 /sys/fs /sys/kernel /sys/firmware /sys/module"
    ),
    HostPath.RAW_DEVICE: "/dev/mem /dev/kmem /dev/port /dev/mapper /dev/disk /dev/loop-control",
    HostPath.SYSTEM_CONFIG: (
        "/boot /root/.ssh ~/.ssh /lib/modules /usr/lib/modules /usr/lib/systemd /lib/systemd /var/spool/cron "
        "/etc/systemd /etc/ssh /etc/passwd /etc/group /etc/shadow /etc/sudoers /etc/sudoers.d /etc/pam.d "
        "/etc/crontab /etc/cron.d /etc/cron.daily /etc/cron.hourly /etc/cron.weekly /etc/cron.monthly "
        "/etc/init.d /etc/rc.local /etc/profile /etc/profile.d /etc/ld.so.preload /etc/ld.so.conf.d /etc/udev "
        "/etc/modprobe.d /etc/modules-load.d /etc/sysctl.d /etc/apparmor.d /etc/selinux /etc/docker "
        "/etc/cni /etc/containerd /etc/containers /etc/crio /etc/kubernetes /etc/rancher c:/windows/system32"
    ),
    HostPath.HARMLESS: (
        "/etc/localtime /etc/timezone /etc/resolv.conf /etc/hosts /etc/hostname /etc/machine-id /etc/os-release "
        "/etc/ssl/certs /etc/ca-certificates /etc/pki/ca-trust /etc/pki/tls/certs /etc/docker/certs.d "
        "/usr/lib/os-release /usr/share /usr/local/share/ca-certificates /var/lib/dbus/machine-id "
        "/sys/class/dmi/id /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid /dev/null /dev/zero /dev/urandom"
    ),
    HostPath.OTHER: (
        "/var/lib/kubelet/plugins /var/lib/kubelet/plugins_registry /var/lib/kubelet/device-plugins "
        "/var/lib/kubelet/pod-resources "  # a socket by which containers are listed, and nothing is changed
        "/var/lib/kubelet/seccomp "  # profiles, which weaken a pod's own at most
        "/etc/kubernetes/node-feature-discovery "  # from which a node is given labels
        "/var/lib/cni"  # which addresses are taken, and what plugins said when they gave them
    ),
}
"""Paths that are what they are with everything below; the longest one that matches decides."""

_CHILDREN = {
    "/etc/kubernetes": regex(
        r"(?i)manifests?|static.*|addons?|pki|ssl|tls|certs?|certificates|keys?|secrets?|auth.*|tokens?|admin.*|audit.*|admission.*"
        r"|encryption.*|cloud.*|cni|config|policies|kube-?(?:let|config|adm|apiserver|controller.*|scheduler|proxy)|bootstrap.*|\A.*[.*].*"
    ),
    "/etc/docker": regex(r"(?i)plugins|ssl|tls|certs?|keys?|secrets?|\A.*[.*].*"),
}
"""What of a system's folder is the system's, next below it; what else lies there is some program's own."""

_FOLDER_CLASS = {path: kind for kind, paths in _FOLDERS.items() for path in paths.split()}
_TREE_CLASS = {path: kind for kind, paths in _TREES.items() for path in paths.split()}
_DEEPEST_TREE = 1 + max(path.count("/") for path in _TREE_CLASS)

_LSM_STATE = ("/sys/kernel/security", "/sys/fs/selinux", "/etc/apparmor.d", "/etc/selinux")
_FINE_READ_ONLY = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt/cni"),  # programs, which everybody may read
    *("/sys/fs/cgroup", "/etc/passwd", "/etc/group", "/etc/docker/daemon.json"),
)
_PUBLIC = (
    *("/boot", "/etc/systemd", "/etc/udev", "/etc/modprobe.d", "/etc/modules-load.d", "/etc/sysctl.d", "/etc/init.d"),
    *("/etc/profile", "/etc/profile.d", "/etc/ld.so.conf.d", "/etc/apparmor.d", "/etc/selinux", "/etc/pam.d"),
)
_DISK = r"/dev/(?:(?:sd|vd|xvd|hd)(?:[a-z]+\d*|\*)|(?:nvme|mmcblk|nbd|md|loop)(?:\d.*|\*)|dm-.+)"


LEADS_OUT = frozenset({
    HostPath.ROOT, HostPath.ENGINE_SOCKET, HostPath.RUNTIME_DIRECTORY, HostPath.ENGINE_STATE,
    HostPath.KERNEL_CONTROL, HostPath.DEVICES, HostPath.RAW_DEVICE, HostPath.SYSTEM_CONFIG,
})  # fmt: skip
"""What leads to the host without breaking anything, for whoever may write it."""


@lru_cache(maxsize=4096)
def classify(path: str) -> HostPath:
    """Return what a bind's source is. The target is irrelevant, and so is whether it exists."""
    path = on_the_host(path)
    if socket_at(path):
        return HostPath.ENGINE_SOCKET
    if path.startswith("."):
        return HostPath.PROJECT
    if path.startswith(UNKNOWN_PIECE):
        return HostPath.UNKNOWN
    key = home_relative(path)
    if len(key) == 3 and key.endswith(":/"):
        return HostPath.ROOT
    if key in _FOLDER_CLASS or (key.startswith("/run/user/") and key.count("/") == 3):
        return _FOLDER_CLASS.get(key, HostPath.RUNTIME_DIRECTORY)
    return _class_of_tree(key)


def _class_of_tree(key: str) -> HostPath:
    if key.startswith("/dev/"):
        import re

        if re.fullmatch(_DISK, key):
            return HostPath.RAW_DEVICE
    if key.startswith("/var/lib/docker/volumes/"):
        return HostPath.OTHER  # one volume's files, which the engine does not read itself
    parts = key.split("/", _DEEPEST_TREE)[:_DEEPEST_TREE]
    for depth in range(len(parts), 0, -1):
        tree = "/".join(parts[:depth])
        found = _TREE_CLASS.get(tree)
        if found is not None:
            return HostPath.OTHER if _is_a_programs_own(tree, key) else found
    known, piece, _ = key.partition(UNKNOWN_PIECE)
    if piece and any(entry.startswith(known) for entry in (*_TREE_CLASS, *_FOLDER_CLASS)):
        return HostPath.UNKNOWN
    return HostPath.OTHER


def _is_a_programs_own(tree: str, key: str) -> bool:
    """Whether the path lies in a folder that a program made for itself in a system's: ``/etc/kubernetes/NAME``."""
    child = key[len(tree) + 1 :].partition("/")[0]
    return tree in _CHILDREN and bool(child) and UNKNOWN_PIECE not in child and not _CHILDREN[tree].fullmatch(child)


def harmless_read_only(path: str) -> bool:
    """Tell whether sharing the path read-only is common and fine (``/lib/modules``, ``/sys/fs/cgroup``).

    So is all of ``/sys``: every container has a read-only one of its own, and it shows the same.
    """
    path = on_the_host(path)
    return (
        classify(path) is HostPath.HARMLESS
        or path == "/sys"
        or path.endswith(
            (".crt", ".pub", "cert.pem", "ca.pem", "chain.pem", "/.ssh/known_hosts")
        )  # certificates and public keys are for everybody
        or any(inside(path, tree) for tree in _FINE_READ_ONLY)
    )


def is_public(path: str) -> bool:
    """Tell whether everybody may read what lies there by default: no password hash, no key, no token is in it."""
    path = on_the_host(path)
    return any(inside(path, tree) for tree in _PUBLIC)


def is_home(path: str) -> bool:
    """Tell whether the path is an ordinary user's home directory, lies in one, or holds them all; keys excepted."""
    return is_users_own(path) and not inside(home_relative(on_the_host(path)), "~/.ssh")


def is_users_own(path: str) -> bool:
    """Tell whether what lies there belongs to an ordinary user: a home with all that is in it, or all homes."""
    path = on_the_host(path)
    key = home_relative(path)
    return (key in ("/home", "/Users", "c:/users") or key.startswith("~")) and not inside(path, "/root")


def is_whole_kernel_tree(path: str) -> bool:
    """Tell whether the path is all of ``/proc`` or ``/sys``, and no part of it."""
    return on_the_host(path) in ("/proc", "/sys")


def is_kubernetes_own(path: str) -> bool:
    """Tell whether only a node's kubelet and its plugins use the path: containers' files to SELinux' policy or to nobody.

    Source: container-selinux, ``container.fc`` (``/var/lib/kubelet`` is ``container_file_t``).
    """
    path = on_the_host(path)
    return any(
        inside(path, tree) for tree in ("/var/lib/kubelet", "/etc/kubernetes", "/etc/cni", "/opt/cni", "/var/lib/cni")
    )


def holds_lsm_state(path: str) -> bool:
    """Tell whether AppArmor's or SELinux's own policy lies there (moby hack/dind mounts securityfs)."""
    path = on_the_host(path)
    return any(inside(path, tree) for tree in _LSM_STATE)


def data_root_of(path: str) -> str | None:
    """Return the engine in whose default data root the path lies, ``None`` outside."""
    key = home_relative(on_the_host(path))
    for root, engine in DATA_ROOTS.items():
        if key == root or key.startswith(root + "/"):
            return engine
    return None


def state_of(path: str) -> str:
    """Return whose state lies at a path that engines keep theirs in, in words."""
    key = home_relative(on_the_host(path))
    own = next((whose for tree, whose in _NODES_OWN.items() if inside(key, tree)), "engine")
    return f"the host {own}'s state"


def is_kubelets(path: str) -> bool:
    """Tell whether a node's kubelet keeps its state there: pods' volumes and secrets, and what it runs none of itself."""
    return inside(on_the_host(path), "/var/lib/kubelet")


def is_below_data_root(path: str) -> bool:
    """Tell whether the path is a *part* of a data root (``…/overlay2``), which no lock protects.

    A single volume's files (``/var/lib/docker/volumes/NAME``) are no such part.
    """
    key = home_relative(on_the_host(path))
    return data_root_of(key) is not None and key not in DATA_ROOTS and not _is_one_volume(key)


def _is_one_volume(key: str) -> bool:
    return key.startswith(("/var/lib/docker/volumes/", "~/.local/share/docker/volumes/"))


_OF_TASKS = frozenset({"tasks", "handlers"})
_SYSTEM_FOLDERS = ("etc/", "usr/lib/", "usr/local/lib/", "lib/systemd/", "run/systemd/")


def machine_of(path: str, *, embedded: bool, part: str = "") -> str:
    """Return what tells one machine's files from another's: the folder above ``etc``, a role, a folder; one text.

    ``embedded`` tells that a document was written inside the file at ``path``: all that one script, one cloud-init or
    the tasks of one role write is for one machine; ``part`` names the part of a file that is for machines of its own.
    """
    folders = path.split("/")[:-1]
    for index, folder in enumerate(folders):
        if folder == "roles" and index + 1 < len(folders) and (not embedded or _OF_TASKS & {*folders[index + 2 :]}):
            return f"{'/'.join(folders[: index + 2])}/"
        if embedded:
            continue
        if f"{'/'.join(folders[index:])}/".startswith(_SYSTEM_FOLDERS):
            return f"{'/'.join(folders[:index])}/"
    if embedded:
        return f"{path}#{part}" if part else path
    if folders and folders[-1].endswith(".d"):
        folders = folders[:-1]
    return f"{'/'.join(folders)}/"
