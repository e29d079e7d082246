"""What part of its node a pod is, told by what of the kubelet's and its plugins' it is given to write.

Storage drivers, network plugins and device plugins are made of pods whose privilege and mounts are their work: the kubelet
finds them by a socket or a program in a folder of its own. The facts: docs/engine-facts.md, "Parts of a node".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dindguard.model.path_spelling import inside
from dindguard.records import record

if TYPE_CHECKING:
    from dindguard.model.container import Container
    from dindguard.model.mount import Mount
    from dindguard.source import Span

_OF_THE_KUBELET = {
    "plugins": "storage driver",
    "plugins_registry": "storage driver",
    "device-plugins": "device plugin",
}
"""Folders in which the kubelet looks for the sockets of what serves it (its CSI and device plugin documentation)."""

_OF_NETWORKS = (
    *("/opt/cni", "/etc/cni", "/var/lib/cni", "/run/cni"),
    *("/var/lib/rancher/k3s/agent/etc/cni", "/var/lib/rancher/k3s/data/current/bin", "/var/lib/rancher/k3s/data/cni"),
)
"""Where CNI's plugins and their configuration lie, by default and on k3s."""
_FLEX_VOLUMES = "/usr/libexec/kubernetes/kubelet-plugins"

_WORK = {
    "storage driver": ("/dev", "/etc/iscsi", "/etc/multipath", "/lib/modules", "/usr/lib/modules"),
    "network plugin": _OF_NETWORKS,
    "device plugin": ("/dev",),
}
"""What else of the host such a part works with, beside the kubelet's state."""


@record
class NodePart:
    """A part of a node that a pod is; ``mount`` is what tells it."""

    what: str
    mount: Mount

    @property
    def span(self) -> Span:
        """Where that is written."""
        return (self.mount.host_text or self.mount).span

    def works_with(self, path: str) -> bool:
        """Whether a path of the host is what such a part is there for: volumes of the kubelet's, CNI's folders, devices."""
        return any(inside(path, tree) for tree in _WORK[self.what]) or (
            self.what != "network plugin" and _in_kubelets_folder(path)
        )


def node_part(containers: Iterable[Container]) -> NodePart | None:
    """Return what part of its node a pod of these containers is; ``None`` for an ordinary pod."""
    for container in containers:
        for mount in container.mounts:
            path = mount.host_path
            what = _part_at(path, mount) if path is not None and not mount.read_only.on else ""
            if what:
                return NodePart(what, mount)
    return None


def _part_at(path: str, mount: Mount) -> str:
    """Return what keeps its socket, its program or its configuration at a path of the host, or mounts volumes there."""
    if _in_kubelets_folder(path):
        if mount.propagation is not None and mount.propagation.value == "rshared":
            return "storage driver"
        folder, _, own = path.partition("/kubelet/")[2].partition("/")
        # Whoever is given all drivers' folders is none of them: what backs volumes up reads them.
        return _OF_THE_KUBELET.get(folder, "") if own or folder != "plugins" else ""
    if inside(path, _FLEX_VOLUMES):
        return "storage driver"
    if any(inside(path, tree) for tree in _OF_NETWORKS):
        return "network plugin"
    last = path.rpartition("/")[2]  # below a folder that is not known
    return _OF_THE_KUBELET.get(last, "") if last != "plugins" else ""


def _in_kubelets_folder(path: str) -> bool:
    return path.endswith("/kubelet") or "/kubelet/" in path
