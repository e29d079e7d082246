"""Everything that is decided before the first object is created, and how it is recorded on the objects.

What the engine reports later is compared with the plan that is rebuilt from the record: the record holds decisions,
never bodies, so that a forged one cannot describe anything that this tool would not create.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from dindguard import __version__
from dindguard.engine_client import EngineFacts
from dindguard.environment import labels
from dindguard.environment.images import Pinned
from dindguard.environment.spec import Isolation, Limits, Spec
from dindguard.errors import INCOMPLETE, UserError
from dindguard.printable import printable

PODMAN = "podman"
FILTER_NAME = "seccomp.json"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the plan depends on in the outer engine, of all that it says of itself."""

    api: tuple[int, int]
    cgroup: str
    processors: int
    memory: int
    apparmor: bool
    runtime: str
    product: str
    root: str = ""
    """Where a Podman keeps its volumes: it reads the system call filter from there. Empty for Docker."""

    @classmethod
    def of(cls, facts: EngineFacts) -> Ground:
        """Take from ``facts`` what decides."""
        return cls(
            facts.api,
            facts.cgroup,
            facts.processors,
            facts.memory,
            "apparmor" in facts.security,
            facts.runtime,
            facts.product,
            facts.root if facts.product == PODMAN else "",
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """One environment as it will be created: ``spec`` is what was asked for, the rest what came of it.

    ``created`` is in seconds since the epoch. ``setuid_mapper`` tells that the rootless image's ``newuidmap`` has the
    setuid bit instead of file capabilities. ``entry_point`` is the engine image's own, where it has to be wrapped.
    """

    spec: Spec
    isolation: Isolation
    daemon_image: Pinned
    client_image: Pinned
    ground: Ground
    run: str
    created: int
    setuid_mapper: bool = False
    entry_point: tuple[str, ...] = ()

    @property
    def on_podman(self) -> bool:
        """Whether the outer engine is Podman."""
        return self.ground.product == PODMAN

    @property
    def filter_file(self) -> str:
        """Where a Podman reads the system call filter, on its own host; empty where it comes with the request."""
        if not self.on_podman or self.isolation is not Isolation.ROOTLESS:
            return ""
        return f"{self.ground.root}/volumes/{self.object_name(labels.FILTER)}/_data/{FILTER_NAME}"

    @property
    def network(self) -> str:
        """The name of the environment's own network."""
        return self.object_name(labels.NETWORK)

    @property
    def expires(self) -> int:
        """When the time to live is over, in seconds since the epoch."""
        return self.created + self.spec.time_to_live

    def object_name(self, role: str) -> str:
        """Return the name of the environment's object of that role."""
        return labels.object_name(self.spec.name, role)

    def record(self) -> str:
        """Return the plan as JSON text, from which :func:`rebuilt` makes it again; always the same for equal plans."""
        spec = self.spec
        decided: dict[str, object] = {
            "name": spec.name,
            "isolation": self.isolation.value,
            "limits": asdict(spec.limits),
            "time_to_live": spec.time_to_live,
            "consent": spec.consent,
            "offline": spec.offline,
            "mirror": spec.mirror,
            "tun_device": spec.tun_device,
            "workspace": spec.workspace,
            "exported": spec.exported,
            "daemon_image": asdict(self.daemon_image),
            "client_image": asdict(self.client_image),
            "ground": {key: value for key, value in asdict(self.ground).items() if key != "root" or value},
            "run": self.run,
            "created": self.created,
            "setuid_mapper": self.setuid_mapper,
        }
        if self.entry_point:
            decided["entry_point"] = self.entry_point
        return json.dumps(decided, sort_keys=True, separators=(",", ":"))

    def digest(self) -> str:
        """Return the SHA-256 of the record, which every object carries."""
        return hashlib.sha256(self.record().encode()).hexdigest()


def fitted(limits: Limits, ground: Ground) -> Limits:
    """Return limits that the machine can keep: not more processors than it has.

    Raises :class:`UserError` (2) for as much memory as the machine has, or more: such a limit would stop nothing.
    """
    if ground.memory and limits.memory >= ground.memory:
        raise UserError(
            f"--memory {limits.memory >> 20}m: the engine's host has {ground.memory >> 20} MiB, so that this limit "
            f"would stop nothing; ask for less, such as --memory {max(64, ground.memory >> 21)}m"
        )
    return replace(limits, cpus=min(limits.cpus, float(ground.processors)))


def rebuilt(its_labels: dict[str, str]) -> Plan:
    """Return the plan recorded in a daemon's labels; :class:`UserError` (3) when there is none that can be read."""
    text = its_labels.get(labels.PLAN, "")
    version = printable(its_labels.get(labels.VERSION, "an unknown version"), 40)
    if not text:
        raise UserError(
            f"no plan is recorded on the engine's container (made by {version}), so there is nothing to compare it "
            "with: dindguard env down, then up",
            INCOMPLETE,
        )
    try:
        return _read(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, UserError) as error:
        raise UserError(
            f"the plan recorded on the engine's container (made by {version}) cannot be read: {printable(error, 120)}",
            INCOMPLETE,
        ) from error


def _read(told: dict[str, Any]) -> Plan:
    ground = dict(told["ground"])
    major, minor = ground.pop("api")
    isolation = Isolation(told["isolation"])
    if isolation is Isolation.KATA:
        raise ValueError(isolation)
    spec = Spec(
        name=told["name"],
        isolation=isolation,
        daemon_image="",
        limits=Limits(**told["limits"]),
        time_to_live=int(told["time_to_live"]),
        consent=told["consent"],
        offline=bool(told["offline"]),
        mirror=told["mirror"],
        tun_device=told["tun_device"],
        workspace=bool(told["workspace"]),
        exported=bool(told["exported"]),
    )
    return Plan(
        spec,
        isolation,
        Pinned(**told["daemon_image"]),
        Pinned(**told["client_image"]),
        Ground((int(major), int(minor)), **ground),
        str(told["run"]),
        int(told["created"]),
        bool(told["setuid_mapper"]),
        tuple(map(str, told.get("entry_point", ()))),
    )


def object_labels(plan: Plan, role: str) -> dict[str, str]:
    """Return the labels of one object: whose it is, how it came about, and who consented to what."""
    found = {
        labels.MANAGED: "true",
        labels.ENVIRONMENT: plan.spec.name,
        labels.RUN: plan.run,
        labels.ROLE: role,
        labels.ISOLATION: plan.isolation.value,
        labels.CREATED: labels.timestamp(plan.created),
        labels.EXPIRES: labels.timestamp(plan.expires),
        labels.VERSION: __version__,
        labels.DAEMON_IMAGE: plan.daemon_image.reference,
        labels.CLIENT_IMAGE: plan.client_image.reference,
        labels.PLAN_DIGEST: plan.digest(),
    }
    if plan.isolation is Isolation.PRIVILEGED:
        found[labels.CONSENT] = plan.spec.consent
    if role == labels.DAEMON:
        found[labels.PLAN] = plan.record()
    return found
