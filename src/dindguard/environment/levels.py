"""Which isolation an engine offers, why not more, and which one is taken."""

from __future__ import annotations

from dataclasses import dataclass

from dindguard.engine_client import EngineFacts
from dindguard.environment.plan import PODMAN
from dindguard.environment.spec import Isolation
from dindguard.errors import CONSENT, ENGINE, UserError

SYSBOX_RUNTIME = "sysbox-runc"
_ROOTLESS_MACHINES = {"x86_64", "amd64", "aarch64", "arm64"}

_PODMAN_ROOTLESS = (
    "a rootless Podman sets no limits with version 1 of the control groups, and with neither version tells which devices of "
    "the host a container has, so that nobody could verify it"
)
_PODMAN_SYSBOX = "Sysbox is a runtime for Docker and Kubernetes; Podman lists runtimes that it does not have"


@dataclass(frozen=True, slots=True)
class Offer:
    """One level on one engine: whether it can be tried, and why or why not. Never a proof: that is ``verify``'s."""

    isolation: Isolation
    available: bool
    reason: str


def assess(facts: EngineFacts) -> tuple[Offer, ...]:
    """Judge every level from what the engine says; nothing is created. Best first."""
    return (
        Offer(Isolation.SYSBOX, *_sysbox(facts)),
        Offer(Isolation.ROOTLESS, *_rootless(facts)),
        Offer(Isolation.PRIVILEGED, *_privileged(facts)),
    )


def _sysbox(facts: EngineFacts) -> tuple[bool, str]:
    if facts.product == PODMAN:
        return False, _PODMAN_SYSBOX
    if facts.os_type != "linux":
        return False, f"the engine's containers run {facts.os_type or 'an unknown system'}, not Linux"
    if SYSBOX_RUNTIME not in facts.runtimes:
        return False, f"the engine has no runtime {SYSBOX_RUNTIME}; it has {', '.join(facts.runtimes) or 'none'}"
    return True, f"the engine has a runtime called {SYSBOX_RUNTIME}; `up` proves whether it isolates"


def _rootless(facts: EngineFacts) -> tuple[bool, str]:
    if facts.os_type != "linux":
        return False, f"the engine's containers run {facts.os_type or 'an unknown system'}, not Linux"
    if facts.machine not in _ROOTLESS_MACHINES:
        return False, f"the rootless image exists for amd64 and arm64, and this is {facts.machine or 'unknown'}"
    if facts.product == PODMAN and "rootless" in facts.security:
        return False, _PODMAN_ROOTLESS
    if "rootless" in facts.security:
        return False, "the engine itself is rootless and has no further user ids to give away"
    if "userns" in facts.security:
        return False, "the engine remaps users (userns-remap), inside which no further mapping can be set up"
    return True, "needs user namespaces and /dev/net/tun on the engine's host; `up` proves both"


def _privileged(facts: EngineFacts) -> tuple[bool, str]:
    if facts.product == PODMAN and "rootless" in facts.security:
        return False, _PODMAN_ROOTLESS
    if "userns" in facts.security:
        return False, "the engine remaps users (userns-remap), which excludes privileged mode"
    return True, "isolates nothing from the host's kernel and devices: needs --accept-privileged TICKET"


def choose(offers: tuple[Offer, ...], asked: Isolation | None, consent: str) -> Isolation:
    """Return the level to use; :class:`UserError` tells why there is none.

    Without a wish, the best available level is taken. Privileged mode is only ever taken with ``consent``:
    otherwise exit code 4 and the reasons. A level that was asked for by name is never replaced by another.
    """
    by_level = {offer.isolation: offer for offer in offers}
    if asked is not None:
        if not by_level[asked].available:
            raise UserError(f"{asked} isolation is not available: {by_level[asked].reason}", ENGINE)
        if asked is Isolation.PRIVILEGED and not consent:
            raise UserError(_refusal(offers), CONSENT)
        return asked
    for offer in offers:
        if offer.available and (offer.isolation is not Isolation.PRIVILEGED or consent):
            return offer.isolation
    if by_level[Isolation.PRIVILEGED].available:
        raise UserError(_refusal(offers), CONSENT)
    raise UserError("no isolation is available:\n" + _reasons(offers), ENGINE)


def _reasons(offers: tuple[Offer, ...]) -> str:
    return "\n".join(f"  {offer.isolation}: {offer.reason}" for offer in offers)


def _refusal(offers: tuple[Offer, ...]) -> str:
    return (
        "privileged mode is refused without consent\n"
        f"{_reasons(offers)}\n"
        "whoever commands a privileged nested engine is root on the host. If that has been approved, repeat with\n"
        "  --isolation privileged --accept-privileged TICKET\n"
        "The ticket is recorded on every object and in the report."
    )
