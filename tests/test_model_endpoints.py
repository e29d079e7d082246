"""Addresses of engines, as -H, hosts and DOCKER_HOST take them."""

from __future__ import annotations

import pytest

from build import on, span, text
from dindguard.model.container import Port
from dindguard.model.endpoints import parse
from dindguard.model.values import UNKNOWN_PIECE, Flag


@pytest.mark.parametrize(
    ("written", "scheme", "host", "port"),
    [
        ("tcp://0.0.0.0:2375", "tcp", "0.0.0.0", 2375),
        ("tcp://docker", "tcp", "docker", 2375),
        ("docker:2376", "tcp", "docker", 2376),
        (":2375", "tcp", "", 2375),
        ("tcp://:2375", "tcp", "", 2375),
        ("tcp://[::1]:2375", "tcp", "::1", 2375),
        ("tcp://[::]", "tcp", "::", 2375),
        ("tcp://a:2375/path", "tcp", "a", 2375),
        ("http://a", "tcp", "a", 2375),
        ("https://a", "tcp", "a", 2376),
        ("tcp://a:99999", "tcp", "a", 99999),
        ("tcp://a:123456", "tcp", "a", None),
        ("tcp://a:²", "tcp", "a", None),
        (f"tcp://a:{UNKNOWN_PIECE}", "tcp", "a", None),
        (" unix:///run/x.sock ", "unix", "/run/x.sock", None),
        ("/run/x.sock", "unix", "/run/x.sock", None),
        ("unix://run/x.sock", "unix", "/run/x.sock", None),
        ("fd://", "fd", "", None),
        ("npipe:////./pipe/x", "npipe", "//./pipe/x", None),
        ("ssh://me@host", "ssh", "me@host", None),
        ("ssh://me:hunter2@host", "ssh", "me@host", None),
        ("tcp://me:hunter2@host:2375", "tcp", "host", 2375),
        ("tcp://me:hunter2@host", "tcp", "host", 2375),
    ],
)
def test_addresses(written: str, scheme: str, host: str, port: int | None) -> None:
    endpoint = parse(text(written))
    assert endpoint is not None
    assert (endpoint.scheme, endpoint.host, endpoint.port) == (scheme, host, port)


@pytest.mark.parametrize("written", ["", "  ", UNKNOWN_PIECE, "ftp://a", "gopher://a:2375"])
def test_what_is_no_address(written: str) -> None:
    assert parse(text(written)) is None


@pytest.mark.parametrize(
    ("encrypted", "port"), [(on(), 2376), (Flag(False, span()), 2375), (Flag(None, span()), 2375), (None, 2375)]
)
def test_the_usual_port_is_that_of_the_encryption(encrypted: Flag | None, port: int) -> None:
    endpoint = parse(text("tcp://a"), encrypted=encrypted)
    assert endpoint is not None
    assert endpoint.port == port


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False),
     ("", False), ("10.0.0.1", False), ("128.0.0.1", False), ("::", False)],
)  # fmt: skip
def test_published_on_the_host_alone(address: str, loopback: bool) -> None:
    assert Port(container_port=2375, host_port=2375, host_address=address, span=span()).loopback is loopback


@pytest.mark.parametrize(
    ("written", "loopback"),
    [
        ("unix:///run/docker.sock", True),
        ("npipe:////./pipe/docker_engine", True),
        ("fd://", True),
        ("tcp://127.0.0.1:2375", True),
        ("tcp://127.8.8.8:2375", True),
        ("tcp://localhost:2375", True),
        ("tcp://[::1]:2375", True),
        ("tcp://0.0.0.0:2375", False),
        ("tcp://[::]:2375", False),
        ("tcp://128.0.0.1:2375", False),
        ("tcp://localhost.example.com:2375", False),
    ],
)
def test_listening_on_the_host_alone(written: str, loopback: bool) -> None:
    endpoint = parse(text(written))
    assert endpoint is not None
    assert endpoint.loopback is loopback
