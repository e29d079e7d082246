"""Addresses of engines: what ``-H``, ``hosts`` and ``DOCKER_HOST`` may hold."""

from __future__ import annotations

from dindguard.model.engine import Endpoint
from dindguard.model.values import UNKNOWN_PIECE, Flag, Text
from dindguard.patterns import decimal

PLAIN_PORT = 2375
TLS_PORT = 2376
PLAIN_PORTS = frozenset({PLAIN_PORT, 4243})
"""Ports known for asking nobody: 4243 was Docker's own (dotcloud/docker ``api.go``, ``DEFAULTHTTPPORT``) before 2375."""

_SCHEMES = ("tcp", "unix", "ssh", "fd", "npipe", "http", "https")


def parse(
    text: Text, *, authenticated: Flag | None = None, encrypted: Flag | None = None, verified: Flag | None = None
) -> Endpoint | None:
    """Read an engine's address; ``None`` for what is none (docker/cli opts/hosts.go).

    A bare ``host:port`` is tcp. A missing port is 2376 with TLS and 2375 without. Unknown pieces stay in
    ``host``; a port with one is ``None``.
    """
    written = text.pattern.strip()
    if not written or written == UNKNOWN_PIECE:
        return None
    scheme, separator, rest = written.partition("://")
    if not separator:
        scheme, rest = ("unix", written) if written.startswith("/") else ("tcp", written)
    if scheme not in _SCHEMES:
        return None
    if scheme in ("unix", "npipe", "fd", "ssh"):
        path = rest if scheme != "unix" or rest.startswith("/") else f"/{rest}"
        if scheme == "ssh":
            user, at, machine = rest.rpartition("@")
            path = f"{user.partition(':')[0]}{at}{machine}"  # a password names no machine
        return Endpoint(
            scheme=scheme, host=path, port=None, span=text.span, authenticated=authenticated,
            encrypted=encrypted, verified=verified, text=text,
        )  # fmt: skip
    host, port = _host_and_port(rest.split("/", 1)[0].rpartition("@")[2])
    tls = scheme == "https" or (encrypted is not None and encrypted.on)
    if port == "":
        number: int | None = TLS_PORT if tls else PLAIN_PORT
    else:
        number = decimal(port)
    return Endpoint(
        scheme="tcp", host=host, port=number, span=text.span, authenticated=authenticated, encrypted=encrypted,
        verified=verified, text=text,
    )  # fmt: skip


def _host_and_port(rest: str) -> tuple[str, str]:
    if rest.startswith("["):
        host, _, tail = rest[1:].partition("]")
        return host, tail.removeprefix(":")
    host, _, port = rest.partition(":")
    return host, port
