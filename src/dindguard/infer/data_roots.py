"""Where an engine keeps its state, and what that lies on.

The facts: docs/engine-facts.md, "Storage drivers".
"""

from __future__ import annotations

from dindguard.infer import images
from dindguard.infer.launches import Started
from dindguard.model.container import Container
from dindguard.model.engine import Backing
from dindguard.model.engine_image import EngineImage
from dindguard.model.launch import Configuration
from dindguard.model.mount import Medium, Mount, MountKind
from dindguard.model.path_spelling import inside
from dindguard.model.values import Text, inherited, unknown
from dindguard.vocabulary import EngineProduct

DEFAULTS = {
    EngineProduct.DOCKER: "/var/lib/docker",
    EngineProduct.CONTAINERD: "/var/lib/containerd",
    EngineProduct.PODMAN: "/var/lib/containers/storage",
    EngineProduct.BUILDKIT: "/var/lib/buildkit",
}
ROOTLESS = {
    EngineProduct.DOCKER: "/home/rootless/.local/share/docker",
    EngineProduct.BUILDKIT: "/home/user/.local/share/buildkit",
    EngineProduct.PODMAN: "/home/podman/.local/share/containers/storage",
}
_BACKINGS = {
    MountKind.VOLUME: Backing.VOLUME,
    MountKind.CLAIM: Backing.VOLUME,
    MountKind.ANONYMOUS: Backing.ANONYMOUS_VOLUME,
    MountKind.EMPTY_DIR: Backing.ANONYMOUS_VOLUME,
    MountKind.HOST: Backing.HOST,
    MountKind.TMPFS: Backing.MEMORY,
}


def data_root(container: Container, started: Started, rootless: bool, configuration: Configuration | None) -> Text:
    """Return the engine's data root: a flag, then the file, then the engine's default."""
    for name in ("data-root", "graph", "root"):
        setting = started.launch[name] or (configuration[name] if configuration is not None else None)
        if setting is not None:
            return setting.value
    own_image = started.product is EngineProduct.PODMAN and images.engine_image(container) is None
    if started.rootless or (rootless and own_image):
        return unknown(started.launch.span, "HOME")  # below the home of a user whom the files do not tell
    table = ROOTLESS if rootless else DEFAULTS
    return inherited(table.get(started.product, "/var/lib/docker"), container.span)


def partial_mounts(container: Container, root: Text) -> tuple[Mount, ...]:
    """Return mounts of directories strictly below the data root: parts of the engine's state."""
    if root.unknown:
        return ()
    path = root.pattern
    return tuple(
        mount
        for mount in container.mounts
        if mount.target.known and mount.target.pattern.rstrip("/") != path and inside(mount.target.pattern, path)
    )


def backing(container: Container, root: Text, mount: Mount | None, image: EngineImage | None) -> Backing:
    """Return what the data root lies on: a mount, a volume the image declares, or the container's own layer."""
    if mount is not None:
        return _mount_backing(mount)
    if root.unknown:
        return Backing.UNKNOWN
    path = root.pattern
    if container.sysbox is not None and path == DEFAULTS[EngineProduct.DOCKER]:
        return Backing.RUNTIME
    declared = [
        volume.pattern for link in images.chain(container) for volume in link.declared_volumes if volume.known
    ]
    defaults = image.defaults if image is not None else None
    declared.extend((defaults.volumes or ()) if defaults is not None else ())
    if any(inside(path, volume) for volume in declared):
        return Backing.ANONYMOUS_VOLUME
    if image is not None and not image.official:
        return Backing.UNKNOWN  # somebody's own image with an engine: nobody tells which volumes it declares
    return Backing.CONTAINER_LAYER if images.image_known(container) else Backing.UNKNOWN


def _mount_backing(mount: Mount) -> Backing:
    storage = mount.storage
    if storage is not None:
        if storage.medium is Medium.MEMORY:
            return Backing.MEMORY
        if storage.medium is Medium.NETWORK:
            return Backing.NETWORK
        if storage.host_path is not None and mount.kind is MountKind.VOLUME:
            return Backing.HOST
    return _BACKINGS.get(mount.kind, Backing.UNKNOWN)
