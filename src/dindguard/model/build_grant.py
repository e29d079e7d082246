"""What a build may do that an ordinary container may not, and where it is allowed or asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dindguard.enumerations import StrEnum
from dindguard.model.values import Flag, Text
from dindguard.records import record

if TYPE_CHECKING:
    from dindguard.source import Span


class Power(StrEnum):
    """What a build gets; the value completes "lets a build have …". BuildKit's names of entitlements, and its elders."""

    INSECURE = "every capability and device of the builder"
    """``security.insecure``: the step runs as ``docker run --privileged`` would."""
    DEVICE = "a device of the builder"
    HOST_NETWORK = "the builder's own network"
    PRIVILEGED = "full privilege on the engine's host"
    """Compose's ``build.privileged``: the whole build."""


POWERS = {"security.insecure": Power.INSECURE, "network.host": Power.HOST_NETWORK, "device": Power.DEVICE}
"""BuildKit's entitlements by name; ``device=vendor.com/class`` names one device."""


@record(eq=False, kw_only=True)
class BuildGrant:
    """``who`` (a container that is built, a command, a builder) gives or asks for ``power``, at ``at``."""

    power: Power
    """What the build gets: every capability, the network of the machine, …"""
    at: Text | Flag
    """The setting that gives it or asks for it."""
    who: Any
    """The container, the command or the builder."""
    entitlement: bool = True
    """Whether BuildKit asks for consent: the builder allows it and the build asks for it."""
    asked: bool = False
    """The build itself asks for it; otherwise somebody allows it."""

    @property
    def does(self) -> str:
        """The verb between ``who`` and ``power``."""
        return "asks for" if self.asked else "lets a build have"

    @property
    def span(self) -> Span:
        """Where it is written."""
        return self.at.span

    @property
    def address(self) -> str:
        """Its place in its file."""
        return f"{self.who.address}.grant.{self.power.name.lower()}"

    def __str__(self) -> str:
        return str(self.who)
