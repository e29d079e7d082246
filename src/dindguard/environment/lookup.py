"""Find environments again, by their labels alone."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

from dindguard.engine_client import Engine
from dindguard.environment import labels
from dindguard.environment.spec import Isolation
from dindguard.errors import ENGINE, UserError
from dindguard.printable import printable

Labelled = dict[str, Any]


def find(engine: Engine, filters: dict[str, list[str]]) -> dict[str, list[Labelled]]:
    """Return our containers (stopped ones too), networks and volumes that match, as the engine lists them."""
    found = {
        "containers": engine.api.containers(all=True, filters=filters),
        "networks": engine.api.networks(filters=filters),
        "volumes": engine.api.volumes(filters=filters).get("Volumes") or [],
    }
    wanted = dict(label.split("=", 1) for label in filters["label"])
    # Podman lists the volumes that have any of the labels.
    return {
        kind: [
            item for item in items if labels.is_ours(item) and wanted.items() <= (item.get("Labels") or {}).items()
        ]
        for kind, items in found.items()
    }


def find_daemon(engine: Engine, name: str) -> dict[str, Any]:
    """Return the inspection of an environment's running daemon; :class:`UserError` when there is none."""
    found = find(engine, labels.selector(name, role=labels.DAEMON))["containers"]
    if not found:
        shown = printable(name, 40)
        raise UserError(f"there is no environment {shown}; `dindguard env status` lists those that exist")
    inspected: dict[str, Any] = engine.api.inspect_container(found[0]["Id"])
    its_labels = inspected["Config"]["Labels"]
    if its_labels.get(labels.ISOLATION) not in set(Isolation) or labels.CLIENT_IMAGE not in its_labels:
        raise UserError(f"the labels of {name} are not ours: dindguard env down {name}", ENGINE)
    if inspected["State"]["Status"] != "running":
        raise UserError(f"{why_stopped(engine, inspected)}\ndindguard env down {name} removes it; then up", ENGINE)
    return inspected


def why_stopped(engine: Engine, daemon: dict[str, Any]) -> str:
    """Say in words why an environment's engine does not run, from the inspection of its container."""
    its_labels, state = daemon["Config"]["Labels"], daemon["State"]
    name = printable(its_labels.get(labels.ENVIRONMENT, ""), 40)
    if state["Status"] == "paused":
        return f"the engine of {name} is paused: docker unpause {labels.object_name(name, labels.DAEMON)}"
    if labels.has_expired(its_labels, time.time()):
        return f"the engine of {name} has stopped: its time to live is over"
    if state.get("OOMKilled"):
        limit = int(daemon["HostConfig"].get("Memory") or 0) >> 20
        return f"the engine of {name} has stopped: it and its containers needed more than {limit} MiB (--memory)"
    code = state.get("ExitCode")
    if code == 0:
        return f"the engine of {name} was told to stop, by docker stop or with its host"
    words = engine.last_words(daemon["Id"]) or "nothing"
    killed = " (killed from outside)" if code == 137 else ""
    return f"the engine of {name} has stopped with exit code {code}{killed}; its last words: {words}"


@dataclass(frozen=True, slots=True)
class Status:
    """One environment as its labels tell. ``isolation`` is what was asked for, which proves nothing by itself."""

    name: str
    isolation: str
    state: str
    created: str
    expires: str
    consent: str
    objects: int


def statuses(engine: Engine) -> list[Status]:
    """Return all environments of this engine, sorted by name; those of which only remnants are left, too."""
    now = time.time()
    listed: dict[str, list[dict[str, Any]]] = {}
    for items in find(engine, labels.selector()).values():
        for item in items:
            its_labels = item.get("Labels") or {}
            listed.setdefault(its_labels.get(labels.ENVIRONMENT, ""), []).append(item)
    return [_status(name, items, now) for name, items in sorted(listed.items())]


def _status(name: str, items: list[dict[str, Any]], now: float) -> Status:
    daemon = next((item for item in items if item["Labels"].get(labels.ROLE) == labels.DAEMON), None)
    its_labels = (daemon or items[0])["Labels"]
    state = "incomplete" if daemon is None else str(daemon.get("Status", ""))
    if labels.has_expired(its_labels, now):
        state = f"expired, {state}"
    told = (its_labels.get(key, "") for key in (labels.CREATED, labels.EXPIRES, labels.CONSENT))
    created, expires, consent = map(printable, told)
    isolation = printable(its_labels.get(labels.ISOLATION, ""))
    return Status(printable(name), isolation, printable(state), created, expires, consent, len(items))


def as_text(found: list[Status]) -> str:
    """Return a table for people."""
    rows = [("environment", "asked for", "state", "until", "accepted under")]
    rows += [(item.name, item.isolation, item.state, item.expires, item.consent or "-") for item in found]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines) if found else "no environments"


def as_json(found: list[Status]) -> str:
    """Return a JSON list."""
    return json.dumps([asdict(item) for item in found], indent=2, ensure_ascii=False)
