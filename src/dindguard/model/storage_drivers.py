"""Docker's storage drivers: what they need below them, what they cost, and in which engines they exist.

Sources: docker/cli docs/deprecated.md, moby daemon/graphdriver (per driver). Engine versions are tuples: ``(24,)`` is
the whole line 24.

The facts: docs/engine-facts.md, "Storage drivers".
"""

from __future__ import annotations

from dindguard.named_tuples import NamedTuple
from dindguard.vocabulary import NETWORK_FILE_SYSTEMS

Version = tuple[int, ...]

_NO_UPPER = frozenset(NETWORK_FILE_SYSTEMS.values()) | {"overlay", "aufs", "ecryptfs", "vfat"}
_PLAIN = frozenset({"ext4", "xfs", "btrfs", "tmpfs"})
_SYNONYMS = {"overlay2": "overlay", "overlayfs": "overlay", **NETWORK_FILE_SYSTEMS}


class Driver(NamedTuple):
    """A storage driver, or a containerd snapshotter.

    ``good`` are the file systems that the data root may lie on (empty: any), ``bad`` those that it may not;
    others are untold. ``copying`` drivers store each layer as a full copy. ``removed`` is the first engine without it.
    """

    name: str
    good: frozenset[str] = frozenset()
    bad: frozenset[str] = frozenset()
    copying: bool = False
    removed: Version | None = None


_EVERYTHING_BUT_BTRFS = (_PLAIN | _NO_UPPER | {"zfs"}) - {"btrfs"}
_EVERYTHING_BUT_ZFS = _PLAIN | _NO_UPPER

DRIVERS = {
    driver.name: driver
    for driver in (
        Driver("overlay2", _PLAIN, _NO_UPPER),
        Driver("fuse-overlayfs", _PLAIN | {"overlay"}),
        Driver("btrfs", frozenset({"btrfs"}), _EVERYTHING_BUT_BTRFS),
        Driver("zfs", frozenset({"zfs"}), _EVERYTHING_BUT_ZFS),
        Driver("vfs", copying=True),
        Driver("aufs", frozenset({"ext4", "xfs"}), _NO_UPPER, removed=(24,)),
        Driver("overlay", _PLAIN, _NO_UPPER, removed=(24,)),
        Driver("devicemapper", frozenset({"ext4", "xfs"}), removed=(25,)),
        Driver("overlayfs", _PLAIN, _NO_UPPER),
        Driver("native", copying=True),
        Driver("stargz", _PLAIN, _NO_UPPER),
        Driver("nydus", _PLAIN, _NO_UPPER),
    )
}
"""By the name that ``--storage-driver`` and ``DOCKER_DRIVER`` take."""


def driver(name: str) -> Driver | None:
    """Return the driver of that name, ``None`` for a plug-in or a misspelling."""
    return DRIVERS.get(name.strip().lower())


def removed_in(name: str) -> Version | None:
    """Return the first engine without the driver, ``None`` when every engine has it."""
    found = driver(name)
    return found.removed if found else None


def is_removed(name: str, engine: Version | None) -> bool | None:
    """Tell whether the engine refuses to start with the driver; ``None`` when its version decides."""
    removed = removed_in(name)
    if removed is None:
        return False
    return None if not engine else engine >= removed


def runs_on(name: str, backing: str) -> bool | None:
    """Tell whether the driver works with its data root on the file system ``backing``.

    ``backing`` is a type as mount(8) prints it, ``efs``, ``azurefile``, or ``overlay`` for a container's own
    root. ``None`` when that depends on versions and options, or either name is not known.
    """
    found = driver(name)
    if found is None:
        return None
    if found.copying:
        return True
    backing = backing.strip().lower()
    backing = _SYNONYMS.get(backing, backing)
    if backing in found.good:
        return True
    return False if backing in found.bad else None
