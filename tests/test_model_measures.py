"""Durations and networks as files write them."""

from __future__ import annotations

import pytest

from dindguard.model import durations, subnets


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10", 10), ("0", 0), ("5s", 5), ("1m30s", 90), ("500ms", 0.5), ("1.5h", 5400), (" 2M ", 120),
        ("", None), ("s", None), ("-5s", None), ("5 s", None), ("forever", None), ("1m30", None), ("1" * 60, None),
        ("999999999", 999999999), ("1234567890", None),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: float | None) -> None:
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("172.17.0.0/16", "172.17.5.1/24", True),
        ("172.17.5.1/24", "172.17.0.0/16", True),
        ("172.17.0.0/16", "172.18.0.0/16", False),
        ("10.0.0.0/8", "fd00::/8", False),
        ("10.0.0.0/8", "not-a-network", False),
    ],
)
def test_overlap(first: str, second: str, shared: bool) -> None:
    assert subnets.overlap(first, second) is shared


@pytest.mark.parametrize(
    ("network", "all_of_it"),
    [
        ("0.0.0.0/0", True), ("::/0", True), ("128.0.0.0/1", True), ("*", True), (" 0.0.0.0/0 ", True),
        ("10.0.0.0/8", False), ("/0", False), ("registry/0", False), ("localhost:5000", False), ("", False),
    ],
)  # fmt: skip
def test_everything(network: str, all_of_it: bool) -> None:
    assert subnets.everything(network) is all_of_it


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("localhost:5000", True), ("127.0.0.0/8", True), ("::1/128", True), ("[::1]:5000", True), ("localhost", True),
        ("localhost.example.com", False), ("registry:5000", False), ("fe80::1", False),
    ],
)  # fmt: skip
def test_loopback(name: str, own: bool) -> None:
    assert subnets.loopback(name) is own
