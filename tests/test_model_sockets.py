"""Every socket that commands an engine: where it is, whose it is, and which folders hand it over."""

from __future__ import annotations

import pytest

from dindguard.model import sockets
from dindguard.model.values import UNKNOWN_PIECE as U

FOLDERS = """
/run: docker containerd cri-o podman buildkit balena cri-dockerd incus libvirt systemd
/var: docker containerd cri-o podman buildkit balena cri-dockerd lxd incus libvirt systemd
/var/lib: lxd incus
/var/snap: containerd lxd
/var/snap/lxd: lxd
/var/snap/microk8s: containerd
/run/containerd: containerd
/run/docker: containerd
/run/k3s: containerd
/run/k3s/containerd: containerd
/run/crio: cri-o
/run/podman: podman
/run/buildkit: buildkit
/run/incus: incus
/run/libvirt: libvirt
/run/systemd: systemd
/run/user: docker podman buildkit
/run/user/1000: docker podman buildkit
/run/user/1000/podman: podman
/run/user/1000/buildkit: buildkit
/run/user/1000/bus:
/mnt: docker
/mnt/wsl: docker
/mnt/wsl/docker-desktop: docker
/mnt/wsl/docker-desktop/shared-sockets: docker
/mnt/wsl/docker-desktop/docker.sock:
/mnt/ws:
/mntx/wsl:
~/.docker:
~/.docker/run: docker
~/.docker/desktop: docker
~/.docker/machine:
~/.colima: docker
~/.colima/default: docker
~/.lima:
~/.lima/default:
~/.lima/default/sock: docker
~/.rd: docker
~/.local/share/containers/podman/machine:
~/.local/share/containers/podman/machine/qemu: podman
~/.local/share/containers/podman:
~/.local:
/srv:
/run/docker.sock:
"""
LINES = [line.partition(":") for line in FOLDERS.strip().splitlines()]


@pytest.mark.parametrize(("folder", "products"), [(folder, products.split()) for folder, _, products in LINES])
def test_what_a_folder_hands_over(folder: str, products: list[str]) -> None:
    assert sorted({str(socket.product) for socket in sockets.sockets_below(folder)}) == sorted(products)


@pytest.mark.parametrize("socket", sockets.SOCKETS, ids=lambda socket: socket.pattern)
def test_each_socket_is_found_at_its_place_alone_and_in_its_folder(socket: sockets.EngineSocket) -> None:
    place = socket.pattern.replace("**", "some/where").replace("*.sock", "engine.sock").replace("*", "some")
    found = sockets.socket_at(place)
    assert found is not None
    assert (found.product, found.rootless) == (socket.product, socket.rootless)
    assert sockets.socket_at(f"{place}.d") is None
    assert sockets.socket_at(f"{place}/more") is None
    folder = place.rpartition("/")[0]
    if not folder.startswith("//"):
        assert socket in sockets.sockets_below(folder)


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("docker.sock", "docker"),
        ("docker.raw.sock", "docker"),
        ("dockershim.sock", "docker"),
        ("cri-dockerd.sock", "cri-dockerd"),
        ("containerd.sock", "containerd"),
        ("crio.sock", "cri-o"),
        ("podman.sock", "podman"),
        ("buildkitd.sock", "buildkit"),
        ("balena-engine.sock", "balena"),
        ("engine.sock", None),
        ("unix.socket", None),
    ],
)
def test_a_name_tells_the_engine_where_its_folder_is_not_known(name: str, product: str | None) -> None:
    found = sockets.socket_at(f"{U}/{name}")
    assert (found.product if found is not None else None) == product
    assert sockets.socket_at(f"{U}{name}") is None
    assert sockets.socket_at(f"/srv/{U}/{name}") is None


@pytest.mark.parametrize("path", ["/mnt/wsl/docker.sock", "/mnt/wsl/a/docker.sock", "/mnt/wsl/a/b/c/docker.sock"])
def test_any_number_of_folders_lies_between(path: str) -> None:
    assert sockets.socket_at(path) is not None
    assert sockets.socket_at(path.replace("/mnt/wsl", "/mnt")) is None
    assert sockets.sockets_below(path) == ()


def test_a_socket_of_lima_has_a_name() -> None:
    assert sockets.socket_at("~/.lima/default/sock/docker.sock") is not None
    assert sockets.socket_at("~/.lima/default/sock/.sock") is None
