"""What the engine, the environment and its neighbours answered: plain data that can be recorded and replayed."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from typing import Any

from dindguard.environment import labels
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

    ``daemon`` and ``network`` are inspections as the Engine API gives them. ``volumes`` maps a volume's name to its
    inspection, ``users`` to the names of the containers that mount it. ``members`` maps the names of the containers
    in the environment's network to the environments that they belong to. ``probes`` are answers by name. ``taken``
    is the moment, in seconds since the epoch.
    """

    daemon: dict[str, Any]
    network: dict[str, Any]
    volumes: dict[str, dict[str, Any]]
    users: dict[str, list[str]]
    members: dict[str, str]
    probes: dict[str, Answer]
    taken: float

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the daemon's container."""
        found: dict[str, str] = self.daemon["Config"]["Labels"]
        return found

    @property
    def isolation(self) -> Isolation:
        """The level that was asked for."""
        return Isolation(self.labels[labels.ISOLATION])

    @property
    def host(self) -> dict[str, Any]:
        """The ``HostConfig`` of the daemon's container."""
        found: dict[str, Any] = self.daemon["HostConfig"]
        return found

    def probe(self, name: str) -> Answer:
        """Return a probe's answer; an empty one when it is missing."""
        return self.probes.get(name, Answer())

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
