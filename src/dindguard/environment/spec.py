"""What is asked for: isolation, images, limits, time to live, consent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from dindguard.errors import UserError
from dindguard.printable import printable

ENGINE_VERSION = "29.10.0"  # the newest release known to this version of dindguard
CLIENT_IMAGE = f"docker:{ENGINE_VERSION}-cli"
MIRROR_IMAGE = "registry:3.0.0"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_IMAGE = re.compile(r"[a-z0-9][a-zA-Z0-9._:/-]*(?:@sha256:[0-9a-f]{64})?")
_TICKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/#@=?&+,-]{0,119}")  # harmless in YAML, TOML, a shell and a label
_SIZE = re.compile(r"(\d+)([kmg]?)b?", re.IGNORECASE)
_SPAN = re.compile(r"(\d+)([smhd])")
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?/?")
_DEVICE = re.compile(r"/[A-Za-z0-9._/-]+")
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "s": 1, "h": 3600, "d": 86400}


class Isolation(StrEnum):
    """What stands between the nested engine and the host, best first."""

    SYSBOX = "sysbox"
    ROOTLESS = "rootless"
    PRIVILEGED = "privileged"
    KATA = "kata"
    """A pod that is a virtual machine: for what is rendered alone."""

    @property
    def daemon_image(self) -> str:
        """The official image for this level, by exact version."""
        return f"docker:{ENGINE_VERSION}-dind" + ("-rootless" if self is Isolation.ROOTLESS else "")

    @property
    def data_root(self) -> str:
        """Where the nested engine keeps its images and containers."""
        return "/home/rootless/.local/share/docker" if self is Isolation.ROOTLESS else "/var/lib/docker"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the nested engine and all its containers may use together: bytes, processors, processes."""

    memory: int = 2 << 30
    cpus: float = 2.0
    pids: int = 1024


@dataclass(frozen=True, slots=True)
class Spec:
    """One reference environment as asked for.

    ``isolation`` is ``None`` for the best that the engine offers. ``daemon_image`` is empty for the official
    image of the level. ``consent`` is the ticket under which privileged mode was accepted; empty: it was not.
    ``time_to_live`` is in seconds. ``tun_device`` is a path on the engine's host. ``mirror`` is the address of
    a registry mirror. ``load`` names images to copy from the outer engine into the nested one. ``workspace`` asks for
    a volume that commands and the nested engine share; ``exported`` for a port on the engine's host, on its loopback.
    """

    name: str
    isolation: Isolation | None = None
    daemon_image: str = ""
    client_image: str = CLIENT_IMAGE
    limits: Limits = field(default_factory=Limits)
    time_to_live: int = 2 * 3600
    consent: str = ""
    offline: bool = False
    mirror: str = ""
    tun_device: str = "/dev/net/tun"
    load: tuple[str, ...] = ()
    workspace: bool = False
    exported: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be used as it is in a name, a command or a document."""
        _match(_NAME, self.name, "a name is 1 to 32 lower-case letters, digits and inner dashes")
        for image in filter(None, (self.daemon_image, self.client_image, *self.load)):
            _match(_IMAGE, image, "an image is written as repository:tag or repository@sha256:digest")
        if self.mirror:
            _match(_URL, self.mirror, "a registry mirror is an http or https address without a path")
        _match(_DEVICE, self.tun_device, "a device is an absolute path on the engine's host")
        if self.consent:
            _match(_TICKET, self.consent, "a ticket is up to 120 letters, digits, spaces and . _ : / # @ = ? & + , -")
        if not 1 <= self.time_to_live <= 30 * 86400:
            raise UserError("the time to live is between one second and thirty days")

    def image_for(self, isolation: Isolation) -> str:
        """Return the daemon image asked for, or the official one of ``isolation``."""
        return self.daemon_image or isolation.daemon_image


def _match(pattern: re.Pattern[str], value: str, rule: str) -> re.Match[str]:
    match = pattern.fullmatch(value)
    if match is None:
        raise UserError(f"{printable(value, 80)!r}: {rule}")
    return match


def parse_size(text: str) -> int:
    """Return the bytes of ``512m`` or ``2g`` (powers of 1024); at least 64 MiB, or the engine would not start."""
    match = _match(_SIZE, text, "a size is a number with k, m or g, as in 2g")
    size = int(match[1]) * _UNITS[match[2].lower()]
    if size < 64 << 20:
        raise UserError(f"{text}: a nested engine needs at least 64m of memory")
    return size


def parse_time(text: str) -> int:
    """Return the seconds of ``90s``, ``30m``, ``2h`` or ``1d``."""
    match = _match(_SPAN, text, "a time is a number with s, m, h or d, as in 2h")
    return int(match[1]) * (60 if match[2] == "m" else _UNITS[match[2]])
