"""The labels and names by which an environment's objects are found again: there is no state file."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

PREFIX = "io.dindguard."
MANAGED = PREFIX + "managed"
ENVIRONMENT = PREFIX + "environment"
RUN = PREFIX + "run"
ROLE = PREFIX + "role"
ISOLATION = PREFIX + "isolation"
CONSENT = PREFIX + "consent"
CREATED = PREFIX + "created"
EXPIRES = PREFIX + "expires"
VERSION = PREFIX + "version"
DAEMON_IMAGE = PREFIX + "daemon-image"
CLIENT_IMAGE = PREFIX + "client-image"
PLAN = PREFIX + "plan"
PLAN_DIGEST = PREFIX + "plan-sha256"
PROBER = PREFIX + "prober"

DAEMON, CLIENT, PROBE, RESERVATION, DATA, CERTIFICATES, WORKSPACE, NETWORK, FILTER = (
    "daemon",
    "client",
    "probe",
    "reservation",
    "data",
    "client-certificates",
    "workspace",
    "network",
    "filter",
)


def object_name(environment: str, role: str, suffix: str = "") -> str:
    """Return the name of one object, such as ``dindguard-ci-daemon``."""
    return "-".join(filter(None, ("dindguard", environment, role, suffix)))


def passing_name(environment: str, role: str) -> str:
    """Return a name for an object that lives for one question or one command."""
    return object_name(environment, role, uuid.uuid4().hex[:8])


def is_ours(item: dict[str, Any]) -> bool:
    """Tell whether a listed object is named by us, too: a container also gets the labels of its image."""
    names = item.get("Names") or [item.get("Name", "")]
    return all(str(name).lstrip("/").startswith("dindguard-") for name in names)


def selector(environment: str | None = None, **further: str) -> dict[str, list[str]]:
    """Return the engine's filter for our objects: of one environment, or of all; ``run`` and ``role`` narrow it."""
    wanted = [f"{MANAGED}=true"]
    if environment is not None:
        wanted.append(f"{ENVIRONMENT}={environment}")
    wanted += [f"{PREFIX}{key}={value}" for key, value in further.items()]
    return {"label": wanted}


def timestamp(seconds: float) -> str:
    """Return a moment (seconds since the epoch) as ``2027-03-01T12:00:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(stamp: str) -> float | None:
    """Return the moment of a ``timestamp``; ``None`` when the label holds something else."""
    try:
        return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def has_expired(labels: dict[str, str], now: float) -> bool:
    """Tell whether the time to live that ``labels`` promise has passed."""
    end = seconds(labels.get(EXPIRES, ""))
    return end is not None and end <= now
