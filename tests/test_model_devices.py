"""What devices and device cgroup rules open."""

from __future__ import annotations

import pytest

from dindguard.model.container import Device
from dindguard.model.devices import RawAccess, device_access, rule_access
from dindguard.model.values import Text, unknown
from dindguard.source import Span

HERE = Span("f", 1, 1, 1, 2)


@pytest.mark.parametrize(
    ("rule", "access"),
    [
        ("a", RawAccess.EVERYTHING),
        ("a *:* rwm", RawAccess.EVERYTHING),
        ("a *:* m", RawAccess.NONE),
        ("b *:* rwm", RawAccess.DISK),
        ("b 8:* r", RawAccess.DISK),
        ("b 259:0 rw", RawAccess.DISK),
        ("b *:* m", RawAccess.NONE),
        ("b 11:0 rwm", RawAccess.NONE),
        ("c *:* rwm", RawAccess.CHARACTER),
        ("c 189:* rmw", RawAccess.NONE),
        ("c 1:1 rw", RawAccess.DISK),
        ("c 1:3 rwm", RawAccess.NONE),
        ("", RawAccess.NONE),
        ("nonsense", RawAccess.NONE),
    ],
)
def test_rule_access(rule: str, access: RawAccess) -> None:
    assert rule_access(Text(rule, HERE)) is access


def test_an_unknown_rule_opens_nothing() -> None:
    assert rule_access(unknown(HERE, "RULE")) is RawAccess.NONE


@pytest.mark.parametrize(
    ("path", "access"),
    [
        ("/dev", RawAccess.EVERYTHING),
        ("/dev/", RawAccess.EVERYTHING),
        ("/dev/sda1", RawAccess.DISK),
        ("/dev/disk/by-id/ata-1", RawAccess.DISK),
        ("/dev/mem", RawAccess.DISK),
        ("/dev/fuse", RawAccess.NONE),
        ("/dev/net/tun", RawAccess.NONE),
        ("/dev/dri", RawAccess.NONE),
        ("vendor.example/device=one", RawAccess.NONE),
    ],
)
def test_device_access(path: str, access: RawAccess) -> None:
    assert device_access(Device(Text(path, HERE), HERE)) is access
