"""The one module that imports the Docker SDK: connect, translate its errors, stream and execute."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from dindguard.engine_errors import explained
from dindguard.errors import ENGINE, UserError
from dindguard.printable import printable

OTHER_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables that make the SDK's HTTP library trust other authorities than the engine's, which it was told."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What an engine says of itself (``GET /info`` and the negotiated API version)."""

    version: str
    api: tuple[int, int]
    system: str
    os_type: str
    machine: str
    kernel: str
    cgroup: str
    processors: int
    memory: int
    runtimes: tuple[str, ...]
    security: frozenset[str]
    warnings: tuple[str, ...]
    runtime: str = ""
    product: str = "docker"
    root: str = ""

    @classmethod
    def read(cls, info: dict[str, Any], api: str) -> EngineFacts:
        """Read the answer to ``GET /info``; what is missing in it stays empty, never assumed."""
        options = (str(option).split(",")[0] for option in info.get("SecurityOptions") or ())
        major, _, minor = api.partition(".")
        return cls(
            version=printable(info.get("ServerVersion", ""), 60),
            api=(int(major), int(minor or 0)),
            system=printable(info.get("OperatingSystem", ""), 80),
            os_type=printable(info.get("OSType", ""), 20),
            machine=printable(info.get("Architecture", ""), 20),
            kernel=printable(info.get("KernelVersion", ""), 60),
            cgroup=printable(info.get("CgroupVersion", ""), 5),
            processors=int(info.get("NCPU") or 1),
            memory=int(info.get("MemTotal") or 0),
            runtimes=tuple(sorted(printable(name, 60) for name in info.get("Runtimes") or ())),
            security=frozenset(option.removeprefix("name=") for option in options) | _podmans(info),
            warnings=tuple(printable(warning) for warning in info.get("Warnings") or ()),
            runtime=printable(info.get("DefaultRuntime", ""), 60),
            # Podman answers Docker's questions, and tells of the builder inside it.
            product="podman" if "BuildahVersion" in info else "docker",
            root=printable(info.get("DockerRootDir", ""), 200),
        )


def _podmans(info: dict[str, Any]) -> frozenset[str]:
    """Return what Podman 4 tells of its security in a field of its own, and Docker among its options."""
    return frozenset({"rootless"} if info.get("Rootless") is True else ())


class Engine:
    """An open connection to an engine.

    ``api`` is the SDK's low-level client: its calls mirror the Engine API. ``socket`` is the path of the Unix socket
    at which it answers; empty when it is reached over a network.
    """

    def __init__(self, api: Any, facts: EngineFacts, socket: str = "") -> None:
        self.api = api
        self.facts = facts
        self.socket = socket

    def execute(self, container: str, command: list[str], user: str = "") -> tuple[int, str]:
        """Run ``command`` in a running container, as its own user unless told; return its exit code and its stdout."""
        started = self.api.exec_create(container, command, stderr=False, user=user)
        output = self.api.exec_start(started["Id"])
        code = self.api.exec_inspect(started["Id"])["ExitCode"]
        return -1 if code is None else int(code), output.decode(
            "utf-8", "replace"
        )  # none: the container died meanwhile

    @contextmanager
    def output(self, container: str) -> Iterator[Iterator[tuple[int, bytes]]]:
        """Attach to a container; the block iterates over its output: 1 or 2, for stdout or stderr, and bytes."""
        stream = self.api.attach_socket(container, params={"stdout": 1, "stderr": 1, "stream": 1})
        try:
            yield self.frames(stream)
        finally:
            hang_up(stream)

    @staticmethod
    def frames(stream: Any) -> Iterator[tuple[int, bytes]]:
        """Iterate over an attached stream without a terminal: 1 or 2, for stdout or stderr, and bytes."""
        from docker.utils.socket import frames_iter

        found: Iterator[tuple[int, bytes]] = frames_iter(stream, tty=False)
        return found

    def native(self, path: str) -> dict[str, Any]:
        """Return what Podman answers in its own words (``GET /libpod/…``): more than it says in Docker's."""
        api = self.api
        # 4.0 is the oldest version of it that all releases since have.
        found: dict[str, Any] = api._result(api._get(f"{api.base_url}/v4.0.0/libpod/{path}"), json=True)
        return found

    def feed(self, container: str, command: list[str], chunks: Iterable[bytes]) -> int:
        """Run ``command`` in a running container with ``chunks`` as its input; return its exit code."""
        started = self.api.exec_create(container, command, stdin=True, stdout=False, stderr=False)
        deliver(self.api.exec_start(started["Id"], socket=True), chunks)
        return self.wait_for_exec(started["Id"])

    def wait_for_exec(self, started: str) -> int:
        """Return the exit code of a command in a container, once it has ended."""
        while (state := self.api.exec_inspect(started))["Running"]:
            time.sleep(0.05)
        return int(state["ExitCode"])

    def start(self, container: str) -> str:
        """Start a container; return the engine's words when its image has no such command, else nothing."""
        try:
            self.api.start(container)
        except Exception as error:
            words = printable(getattr(error, "explanation", "") or error)
            if "executable file not found" in words or "no such file or directory" in words:
                return words
            raise
        return ""

    def wait_for_exit(self, container: str, seconds: float) -> int:
        """Return the exit code of a container; -1 when it still runs after ``seconds`` (which may be infinite)."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = self.api.inspect_container(container)["State"]
            if state["Status"] in {"exited", "dead"}:
                return int(state["ExitCode"])
            time.sleep(0.1)
        return -1

    def last_words(self, container: str, lines: int = 4) -> str:
        """Return the end of a container's log on one line, safe to print."""
        log = self.api.logs(container, tail=lines).decode("utf-8", "replace")
        return printable(log, 600)


@contextmanager
def connect(context: str = "") -> Iterator[Engine]:
    """Open an engine, and close it at the end; every failure of the SDK inside becomes a ``UserError``.

    Which engine: that of ``context``, one of the Docker command line's; without it what ``DOCKER_HOST`` names, else
    the command line's current context, which is the local engine unless somebody chose another.
    """
    try:
        import docker
        import requests
    except ImportError:
        raise UserError("the Docker SDK for Python is not installed: pip install docker", ENGINE) from None
    client = None
    kept = {name: os.environ.pop(name) for name in OTHER_AUTHORITIES if name in os.environ}
    where = os.environ.get("DOCKER_HOST", "") if not context else ""
    try:
        tls: Any = None
        if not where:
            where, tls = _of_context(context or os.environ.get("DOCKER_CONTEXT", ""))
        _check_ssh(where)
        client = docker.DockerClient(where, tls=tls, timeout=120) if where and tls is not None else _from_env(where)
        api = client.api
        yield Engine(api, EngineFacts.read(api.info(), api.api_version), _socket_of(where))
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise explained(error, where) from error
    finally:
        os.environ |= kept
        if client is not None:
            client.close()


def _check_ssh(where: str) -> None:
    """Raise for an address over SSH where the SDK lacks what it speaks that with; its own words would be Python's."""
    from importlib.util import find_spec

    if where.startswith("ssh://") and find_spec("paramiko") is None:
        host = printable(where.removeprefix("ssh://"), 80)
        raise UserError(
            f"the engine at {printable(where, 100)} is reached over SSH, for which the Docker SDK needs paramiko\n"
            "install it (pip install 'docker[ssh]'), or forward the socket: ssh -NL ./engine.sock:/var/run/docker.sock "
            f"{host}, and DOCKER_HOST=unix://$PWD/engine.sock",
            ENGINE,
        )


def _from_env(where: str) -> Any:
    import docker

    return docker.from_env(timeout=120, environment=os.environ | ({"DOCKER_HOST": where} if where else {}))


def _of_context(name: str) -> tuple[str, Any]:
    """Return address and TLS settings (false for none) of a context; no address for the default one."""
    from docker.context import ContextAPI
    from docker.errors import ContextException, MissingContextParameter

    try:
        with _contexts_of_the_command_line():
            found = ContextAPI.get_context(name or None)
    except (ContextException, MissingContextParameter, OSError, ValueError) as error:
        raise UserError(
            f"the context {printable(name or 'in use', 80)} cannot be read: {printable(error)}"
        ) from error
    if found is None:
        raise UserError(f"there is no context {printable(name, 80)}: `docker context ls` lists those that exist")
    if found.name == "default":
        return "", None
    endpoint = found.endpoints.get("docker") or {}
    tls = found.tls_cfg.get("docker")
    if tls is None and (kept := _files(os.path.join(found.tls_path or "", "docker"))):
        # The SDK would speak in plain text.
        raise UserError(
            f"the context {printable(found.name, 80)} has only {printable(', '.join(kept), 80)} for TLS; ca.pem, cert.pem "
            "and key.pem are needed: `docker context update` takes them"
        )
    return str(endpoint.get("Host") or ""), tls or False


def _files(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


@contextmanager
def _contexts_of_the_command_line() -> Iterator[None]:
    """Let the SDK look where the command line keeps its contexts.

    By itself it looks beside ``config.json``, and where there is none in the current folder, which may be anybody's.
    """
    from docker.context import config

    folder = os.environ.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker")
    former = config.get_context_dir
    config.get_context_dir = lambda: os.path.join(folder, "contexts")
    try:
        yield
    finally:
        config.get_context_dir = former


def _socket_of(where: str) -> str:
    """Return the path of the Unix socket that an address names; empty for an engine over a network."""
    scheme, sign, path = where.partition("://")
    if not where:
        return "/var/run/docker.sock"
    return path if sign and scheme in ("unix", "http+unix") else ""


def deliver(stream: Any, chunks: Iterable[bytes]) -> None:
    """Send ``chunks`` into an attached stream (the SDK's socket) and close it, which ends the other side's input."""
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # the other side does not want more
            for chunk in chunks:
                plain(stream).sendall(chunk)
    finally:
        hang_up(stream)


def hang_up(stream: Any) -> None:
    """Close an attached stream at once, and not when the garbage collector finds it."""
    connection = plain(stream)
    with suppress(OSError):  # the other side may have closed it before
        connection.shutdown(socket.SHUT_RDWR)
    stream.close()
    connection.close()


def plain(stream: Any) -> Any:
    """Return what can be written to: the SDK wraps a plain socket read-only; TLS and SSH come bare."""
    return getattr(stream, "_sock", stream)


def is_taken(error: BaseException) -> bool:
    """Tell whether an engine's error means that something of that name exists already."""
    if getattr(getattr(error, "response", None), "status_code", None) == 409:
        return True
    words = str(error)  # Podman says so with the code of an internal error
    return "already exists" in words or "name is already in use" in words


def is_gone(error: BaseException) -> bool:
    """Tell whether an engine's error means that the object does not exist (any more)."""
    return getattr(getattr(error, "response", None), "status_code", None) == 404
