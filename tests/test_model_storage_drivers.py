from __future__ import annotations

import pytest

from dindguard.model import storage_drivers as drivers


@pytest.mark.parametrize(
    ("name", "backing", "expected"),
    [
        ("overlay2", "ext4", True),
        ("overlay2", "overlay", False),
        ("overlay2", "nfs4", False),
        ("overlay2", "efs", False),
        ("overlay2", "zfs", None),
        ("OVERLAY2", "tmpfs", True),
        ("overlayfs", "overlay", False),
        ("fuse-overlayfs", "overlay", True),
        ("fuse-overlayfs", "nfs", None),
        ("vfs", "overlay", True),
        ("native", "nfs", True),
        ("btrfs", "btrfs", True),
        ("btrfs", "ext4", False),
        ("zfs", "btrfs", False),
        ("zfs", "zfs", True),
        ("aufs", "overlay", False),
        ("overlay3", "ext4", None),
        ("overlay2", "somethingfs", None),
    ],
)
def test_runs_on(name: str, backing: str, expected: bool | None) -> None:
    assert drivers.runs_on(name, backing) is expected


@pytest.mark.parametrize(
    ("name", "engine", "expected"),
    [
        ("aufs", (24, 0, 9), True),
        ("aufs", (23, 0, 6), False),
        ("aufs", (24,), True),
        ("overlay", (29,), True),
        ("overlay2", (29,), False),
        ("devicemapper", (24, 0), False),
        ("devicemapper", (25, 0, 1), True),
        ("devicemapper", None, None),
        ("vfs", None, False),
        ("no-such-driver", (29,), False),
    ],
)
def test_removed_drivers(name: str, engine: tuple[int, ...] | None, expected: bool | None) -> None:
    assert drivers.is_removed(name, engine) is expected


def test_copying_drivers() -> None:
    assert {name for name, driver in drivers.DRIVERS.items() if driver.copying} == {"vfs", "native"}


WORKS = """
                ext4 xfs btrfs tmpfs zfs overlay overlay2 aufs ecryptfs vfat nfs nfs4 efs azurefile cifs 9p ext3
overlay2        yes  yes yes   yes   -   no      no       no   no       no   no  no   no  no        no   no -
overlayfs       yes  yes yes   yes   -   no      no       no   no       no   no  no   no  no        no   no -
overlay         yes  yes yes   yes   -   no      no       no   no       no   no  no   no  no        no   no -
stargz          yes  yes yes   yes   -   no      no       no   no       no   no  no   no  no        no   no -
nydus           yes  yes yes   yes   -   no      no       no   no       no   no  no   no  no        no   no -
fuse-overlayfs  yes  yes yes   yes   -   yes     yes      -    -        -    -   -    -   -         -    -  -
btrfs           no   no  yes   no    no  no      no       no   no       no   no  no   no  no        no   no -
zfs             no   no  no    no    yes no      no       no   no       no   no  no   no  no        no   no -
vfs             yes  yes yes   yes   yes yes     yes      yes  yes      yes  yes yes  yes yes       yes  yes yes
native          yes  yes yes   yes   yes yes     yes      yes  yes      yes  yes yes  yes yes       yes  yes yes
aufs            yes  yes -     -     -   no      no       no   no       no   no  no   no  no        no   no -
devicemapper    yes  yes -     -     -   -       -        -    -        -    -   -    -   -         -    -  -
"""
SYSTEMS, *ROWS = (line.split() for line in WORKS.strip().splitlines())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_where_each_driver_can_lie(row: list[str]) -> None:
    said = {True: "yes", False: "no", None: "-"}
    assert [said[drivers.runs_on(row[0], system)] for system in SYSTEMS] == row[1:]


def test_every_driver_stands_in_the_table_above() -> None:
    assert {row[0] for row in ROWS} == set(drivers.DRIVERS)


def test_a_network_file_system_is_one_by_whatever_name() -> None:
    assert drivers.runs_on("overlay2", " NFS4 ") is False
    assert drivers.runs_on(" Overlay2 ", "EXT4") is True


def test_which_engine_was_the_last_with_a_driver() -> None:
    gone = {name: driver.removed for name, driver in drivers.DRIVERS.items() if driver.removed is not None}
    assert gone == {"aufs": (24,), "overlay": (24,), "devicemapper": (25,)}
    assert [drivers.removed_in(name) for name in ("aufs", "overlay2", "plug-in")] == [(24,), None, None]
