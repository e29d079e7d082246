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
