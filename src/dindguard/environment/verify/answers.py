"""What the engine, the environment and its neighbours answered: plain data that can be recorded and replayed."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from dindguard.environment import bodies, labels, podman
from dindguard.environment.plan import Plan, rebuilt
from dindguard.environment.spec import Isolation


@dataclass(frozen=True, slots=True)
class Answer:
    """What one probe printed (both streams) and its exit code; ``code`` is -1 when it was never asked."""

    code: int = -1
    output: str = ""

    @property
    def ok(self) -> bool:
        """Whether the probe's command succeeded."""
        return self.code == 0


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything the checks are allowed to know.

    ``daemon``, ``image``, ``client_image`` and ``network`` are inspections as the Engine API gives them, ``outer`` what
    the outer engine says of itself. ``volumes`` maps a volume's name to its inspection, ``users`` to the names of the
    containers that mount it, stopped ones too; ``members`` are those in the environment's network. ``bystanders``
    maps the names of all these to their labels. ``changes`` are the paths that differ in the container from its image.
    ``probes`` are answers by name. ``taken`` is the moment, in seconds since the epoch. ``native`` is
    what Podman, where that is the outer engine, tells of the daemon in its own words alone.
    """

    daemon: dict[str, Any]
    image: dict[str, Any]
    client_image: dict[str, Any]
    outer: dict[str, Any]
    network: dict[str, Any]
    volumes: dict[str, dict[str, Any]]
    users: dict[str, list[str]]
    members: list[str]
    bystanders: dict[str, dict[str, str]]
    changes: list[str]
    probes: dict[str, Answer]
    taken: float
    native: dict[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the daemon's container."""
        found: dict[str, str] = self.daemon["Config"]["Labels"]
        return found

    @property
    def plan(self) -> Plan:
        """The plan recorded on the daemon's container; :class:`UserError` (3) when there is none to be read."""
        return rebuilt(self.labels)

    @property
    def isolation(self) -> Isolation:
        """The level that was planned."""
        return self.plan.isolation

    @property
    def told(self) -> dict[str, Any]:
        """The inspection of the daemon in Docker's words, whatever the outer engine is."""
        plan, image = self.plan, self.image.get("Config") or {}
        if not plan.on_podman:
            return self.daemon
        return podman.in_dockers_words(bodies.daemon(plan), plan.ground.runtime, self.daemon, self.native, image)

    @property
    def host(self) -> dict[str, Any]:
        """The ``HostConfig`` of the daemon's container."""
        found: dict[str, Any] = self.told["HostConfig"]
        return found

    def probe(self, name: str) -> Answer:
        """Return a probe's answer; an empty one when it is missing."""
        return self.probes.get(name, Answer())

    def strangers(self, names: list[str], roles: frozenset[str]) -> list[str]:
        """Return those of ``names`` that are not this environment's own containers in one of ``roles``."""
        prefix = labels.object_name(self.labels[labels.ENVIRONMENT], "")
        own = {key: self.labels.get(key) for key in (labels.ENVIRONMENT, labels.RUN)}

        def belongs(name: str) -> bool:
            its = self.bystanders.get(name, {})
            known = all(its.get(key) == value for key, value in own.items())
            return known and its.get(labels.ROLE) in roles and name.startswith(prefix)

        return sorted(name for name in names if not belongs(name))

    def inner(self) -> dict[str, Any]:
        """Return the nested engine's own ``info``; empty when it gave none that can be read."""
        answer = self.probe("inner-engine")
        try:
            found = json.loads(answer.output) if answer.ok else {}
        except ValueError:
            found = {}
        return found if isinstance(found, dict) else {}

    def to_json(self) -> str:
        """Return all answers as JSON, to be replayed with ``from_json``."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Answers:
        """Read what ``to_json`` wrote."""
        data = json.loads(text)
        data["probes"] = {name: Answer(**answer) for name, answer in data["probes"].items()}
        return cls(**data)


def parse(output: str) -> dict[str, Answer]:
    """Read the lines that the probe scripts print: name, exit code, output in base64; others are passed over."""
    found = {}
    for line in output.splitlines():
        name, _, rest = line.partition(" ")
        code, _, encoded = rest.partition(" ")
        try:
            text = base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
            found[name] = Answer(int(code), text)
        except (ValueError, binascii.Error):
            continue
    return found
