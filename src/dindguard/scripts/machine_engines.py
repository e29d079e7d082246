"""Engines that a configuration installs or starts on its machine, as what a command of the same effect would be."""

from __future__ import annotations

from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.scripts.grants import pair

PACKAGES = frozenset(
    {
        "docker", "docker.io", "docker-ce", "docker-ee", "docker-engine", "lxc-docker", "moby-engine", "moby",
        "docker-ce-rootless-extras", "podman", "containerd", "containerd.io", "cri-o", "buildkit",
    }
)  # fmt: skip
SERVICES = frozenset({"docker", "docker.service", "docker.socket", "podman", "podman.service", "podman.socket"})
_VERSION = regex(r"[=~<>@]")


def installation(program: Text, package: Text, address: str) -> Invocation | None:
    """Return the installation of an engine's package; ``None`` for another package."""
    if _VERSION.split(package.pattern, maxsplit=1)[0].strip() not in PACKAGES:
        return None
    return _invocation(InvocationKind.ENGINE_INSTALL, program, "install", package, address)


def service_start(program: Text, service: Text, address: str) -> Invocation | None:
    """Return the start of an engine's service; ``None`` for another service."""
    if service.value not in SERVICES:
        return None
    return _invocation(InvocationKind.ENGINE_START, program, "service start", service, address)


def _invocation(kind: InvocationKind, program: Text, action: str, subject: Text, address: str) -> Invocation:
    return Invocation(
        kind=kind,
        program=str(program),
        words=(program, pair("name", subject)),
        span=subject.span,
        action=action,
        arguments=(subject,),
        subject=subject,
        address=address,
    )
