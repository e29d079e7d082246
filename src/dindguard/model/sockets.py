"""Where container engines listen on a host, and which directories expose those sockets.

The facts: docs/engine-facts.md, "Sockets".
"""

from __future__ import annotations

from functools import lru_cache

from dindguard.model.path_spelling import home_relative, on_the_host
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.records import record
from dindguard.vocabulary import EngineProduct


@record
class EngineSocket:
    """A socket that commands an engine.

    In ``pattern``, ``*`` stands for one component and ``**`` for any number of them. ``rootless`` is true
    when whoever holds the socket gets one user's powers, and not root's.
    """

    pattern: str
    product: EngineProduct
    rootless: bool = False


_PATTERNS = {
    EngineProduct.DOCKER: (
        "/run/docker.sock /run/docker.raw.sock /run/docker.sock.raw /run/docker-host.sock /run/dockershim.sock "
        "/mnt/wsl/**/docker.sock /mnt/wsl/**/docker.proxy.sock ~/.docker/run/docker.sock "
        "~/.docker/desktop/docker.sock ~/.docker/desktop/docker.raw.sock "
        "~/Library/Containers/com.docker.docker/Data/docker.raw.sock ~/.orbstack/run/docker.sock "
        "~/.colima/docker.sock ~/.colima/*/docker.sock ~/.rd/docker.sock ~/.lima/*/sock/*.sock "
        "//./pipe/docker_engine //./pipe/docker_engine_linux //./pipe/docker_engine_windows "
        "//./pipe/dockerdesktoplinuxengine //./pipe/dockerdesktopwindowsengine"
    ),
    EngineProduct.CRI_DOCKERD: "/run/cri-dockerd.sock",
    EngineProduct.CONTAINERD: (
        "/run/containerd/containerd.sock /run/containerd/containerd.sock.ttrpc "
        "/run/k3s/containerd/containerd.sock /run/docker/containerd/containerd.sock "
        "/var/snap/microk8s/common/run/containerd.sock //./pipe/containerd-containerd"
    ),
    EngineProduct.CRI_O: "/run/crio/crio.sock",
    EngineProduct.PODMAN: "/run/podman/podman.sock //./pipe/podman-machine-default",
    EngineProduct.BUILDKIT: "/run/buildkit/buildkitd.sock",
    EngineProduct.BALENA: "/run/balena-engine.sock /run/balena.sock",
    EngineProduct.LXD: "/var/snap/lxd/common/lxd/unix.socket /var/lib/lxd/unix.socket",
    EngineProduct.INCUS: "/var/lib/incus/unix.socket /run/incus/unix.socket",
    EngineProduct.LIBVIRT: "/run/libvirt/libvirt-sock",
    EngineProduct.SYSTEMD: "/run/systemd/private",
}
_ROOTLESS_PATTERNS = {
    EngineProduct.DOCKER: "/run/user/*/docker.sock",
    EngineProduct.PODMAN: "/run/user/*/podman/podman.sock ~/.local/share/containers/podman/machine/**/podman.sock",
    EngineProduct.BUILDKIT: "/run/user/*/buildkit/buildkitd.sock",
}

SOCKETS = tuple(
    EngineSocket(pattern, engine, rootless)
    for table, rootless in ((_PATTERNS, False), (_ROOTLESS_PATTERNS, True))
    for engine, patterns in table.items()
    for pattern in patterns.split()
)
"""Default sockets, from the engines' own documentation; a path given to ``--host`` can be any other."""

_USUAL = ("/run/docker.sock", "/var/run/docker.sock")


def misspelt(path: str) -> bool:
    """Whether a path is one slip away from Docker's own socket: nothing is there, and the engine makes a folder of that name.

    Only the folders count, for a name of its own may be a socket of its own (``/run/docker2.sock``).
    """
    return any(path not in _USUAL and path.endswith("/docker.sock") and _one_slip(path, usual) for usual in _USUAL)


def _one_slip(one: str, other: str) -> bool:
    """Whether a letter too many, too few or another one, or two that changed places, is all that differs."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, others_rest = one[start:], other[start:]
    swapped = rest[:2] == others_rest[1::-1] and rest[2:] == others_rest[2:]
    return swapped or rest[1:] == others_rest or rest == others_rest[1:] or rest[1:] == others_rest[1:]


_TELLING_NAMES = {
    "docker.sock": EngineProduct.DOCKER,
    "docker.raw.sock": EngineProduct.DOCKER,
    "dockershim.sock": EngineProduct.DOCKER,
    "cri-dockerd.sock": EngineProduct.CRI_DOCKERD,
    "containerd.sock": EngineProduct.CONTAINERD,
    "crio.sock": EngineProduct.CRI_O,
    "podman.sock": EngineProduct.PODMAN,
    "buildkitd.sock": EngineProduct.BUILDKIT,
    "balena-engine.sock": EngineProduct.BALENA,
}
"""File names that tell the engine whatever the directory is."""

_PARTS = tuple((socket.pattern.split("/"), socket) for socket in SOCKETS)


@lru_cache(maxsize=4096)
def socket_at(path: str) -> EngineSocket | None:
    """Return the engine's socket that a path of the host is.

    A relative path is a project's file, never a socket of the host. When the directory is unknown
    (``${RUNTIME}/docker.sock``), the file name tells.
    """
    path = on_the_host(path)
    if path.startswith("."):
        return None
    key = path.lower() if path.startswith("//./pipe/") else home_relative(path)
    head, piece, _ = key.partition(UNKNOWN_PIECE)
    if piece and head in ("", "/"):
        name = key.rpartition("/")[2]
        engine = _TELLING_NAMES.get(name)
        return EngineSocket(f"**/{name}", engine) if engine else None
    parts = key.split("/")
    return next((socket for pattern, socket in _PARTS if _matches(parts, pattern)), None)


@lru_cache(maxsize=4096)
def sockets_below(directory: str) -> tuple[EngineSocket, ...]:
    """Return the sockets that a mount of ``directory`` exposes; empty for a socket's own path.

    ``/var`` counts those of ``/var/run`` too: on some hosts that is a directory, and not a link to ``/run``.
    A home or ``~/.docker`` exposes none: the engines that listen there are virtual machines' on a desktop,
    whose file sharing passes no sockets, and registry credentials are why people mount it.
    """
    path = on_the_host(directory)
    undecided = UNKNOWN_PIECE in path and not path.startswith("/run/user/")
    if undecided or socket_at(path) is not None:
        return ()
    if path == "/":
        return tuple(socket for socket in SOCKETS if not socket.pattern.startswith("//"))
    if path == "/var":
        return tuple(socket for socket in SOCKETS if socket.pattern.startswith(("/run/", "/var/")))
    parts = home_relative(path).split("/")
    return tuple(socket for pattern, socket in _PARTS if _leads_to(parts, pattern))


def _matches(parts: list[str], pattern: list[str]) -> bool:
    if "**" in pattern:
        at = pattern.index("**")
        tail = pattern[at + 1 :]
        long_enough = len(parts) >= at + len(tail)
        return long_enough and _matches(parts[:at], pattern[:at]) and _matches(parts[-len(tail) :], tail)
    return len(parts) == len(pattern) and all(map(_fits, parts, pattern))


def _leads_to(parts: list[str], pattern: list[str]) -> bool:
    if pattern[0] == "~" and len(parts) < len(pattern) - 1:
        return False
    if "**" in pattern[: len(parts)]:
        at = pattern.index("**")
        return len(parts) > at and all(map(_fits, parts[:at], pattern)) and not _matches(parts, pattern)
    return len(parts) < len(pattern) and all(map(_fits, parts, pattern))


def _fits(part: str, pattern: str) -> bool:
    if pattern == "*":
        return True
    return part.endswith(pattern[1:]) and part != pattern[1:] if pattern.startswith("*") else part == pattern
