"""Networks in CIDR notation: which overlap, which hold everybody, which are this machine."""

from __future__ import annotations

import pytest

from dindguard.model.subnets import everything, loopback, overlap


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("172.17.0.0/16", "172.17.8.0/24", True),
        ("172.17.8.0/24", "172.17.0.0/16", True),
        ("172.17.0.0/16", "172.18.0.0/16", False),
        ("172.17.0.1/16", " 172.17.9.1/24 ", True),  # an address with its prefix, as `bip` takes it
        ("0.0.0.0/0", "::/0", False),
        ("fd00::/8", "fd12::/16", True),
        ("172.17.0.0/16", "default", False),
        ("", "172.17.0.0/16", False),
    ],
)
def test_overlap(first: str, second: str, expected: bool) -> None:
    assert overlap(first, second) is expected


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("0.0.0.0/0", True),
        ("::/0", True),
        ("0.0.0.0/1", True),
        (" 128.0.0.0/1 ", True),
        ("*", True),
        ("0.0.0.0/2", False),
        ("0.0.0.0", False),
        ("10.0.0.0/8", False),
        ("/0", False),
        ("registry.example.com/0", False),
        ("*/0", False),
    ],
)
def test_everything(network: str, expected: bool) -> None:
    assert everything(network) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("127.0.0.0/8", True),
        ("::1", True),
        ("::1/128", True),
        ("[::1]:5000", True),
        ("[::1]", True),
        (" 127.1.2.3 ", True),
        ("localhost.example.com", False),
        ("128.0.0.1", False),
        ("::2", False),
        ("[::2]:5000", False),
        ("registry:5000", False),
    ],
)
def test_loopback(name: str, expected: bool) -> None:
    assert loopback(name) is expected
