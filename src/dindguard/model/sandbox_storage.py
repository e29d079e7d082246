"""Whether an engine's data root can hold images in the sandbox that its container runs in."""

from __future__ import annotations

from dindguard.model.container import Sandbox
from dindguard.model.engine import Backing, Engine
from dindguard.vocabulary import EngineProduct

_NEED_NO_OVERLAY = frozenset({"vfs", "native", "fuse-overlayfs"})
_ON_VIRTIOFS = {
    Backing.ANONYMOUS_VOLUME: "keeps its data in the image's own volume, which Kata shares through virtiofs",
    Backing.HOST: "keeps its data in a directory of the host, which Kata shares through virtiofs",
}
_STORE = "containerd-snapshotter"


def unfit_storage(engine: Engine) -> str:
    """Return in a phrase why a Docker engine can't keep images where it does; ``""`` when it can, or nobody knows.

    Kata: ``docs/how-to/how-to-run-docker-with-kata.md``; gVisor: ``g3doc/user_guide/tutorials/docker-in-gvisor.md``.
    A volume or an emptyDir in Kata may be a block device, so only what certainly goes through virtiofs counts.
    """
    container = engine.container
    if container is None or engine.product is not EngineProduct.DOCKER:
        return ""
    driver = engine.storage_driver
    if container.sandbox is Sandbox.VM:
        fits = driver is not None and (driver.unknown or driver.value in _NEED_NO_OVERLAY)
        anonymous = engine.backing is not Backing.ANONYMOUS_VOLUME or engine.data_mount is None
        return "" if fits or not anonymous else _ON_VIRTIOFS.get(engine.backing, "")
    if container.sandbox is Sandbox.GVISOR:
        fits = engine.backing in (Backing.MEMORY, Backing.UNKNOWN)
        old_store = (driver is not None and driver.value != "overlayfs") or _without_containerd_store(engine)
        if not fits and not old_store and engine.at_least(29):
            return "keeps its data where gVisor mounts no overlay for the containerd store"
    return ""


def _without_containerd_store(engine: Engine) -> bool:
    feature = engine.setting("feature")
    nested = engine.setting(f"features.{_STORE}")
    off = nested is not None and (nested.value.value or "").lower() == "false"
    return off or (feature is not None and feature.value.value == f"{_STORE}=false")
