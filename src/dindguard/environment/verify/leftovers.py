"""Probes of a verification that was killed: the next one removes them, and leaves those of one that still runs."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

from dindguard.engine_client import Engine, is_gone
from dindguard.environment import bodies, labels
from dindguard.environment.lookup import find
from dindguard.environment.signals import Guard

_GRACE = 2 * bodies.PROBES_END_AFTER


def signature() -> dict[str, str]:
    """Return the label that says which process made a probe, and when."""
    return {labels.PROBER: f"{socket.gethostname()} {os.getpid()} {_started(os.getpid())} {int(time.time())}"}


def is_abandoned(signed: str, now: float) -> bool:
    """Tell whether the process that signed is gone; of another machine's process only age can tell."""
    try:
        host, process, started, made = signed.split()
        if host == socket.gethostname() and started != "0":
            return _started(int(process)) != started
        return now - int(made) > _GRACE
    except ValueError:
        return True


def _started(process: int) -> str:
    """Return when a process of this machine began (field 22 of its ``stat``): its number may be given away again."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "0"


def sweep(engine: Engine, guard: Guard, name: str) -> None:
    """Remove the probes of the environment ``name`` whose makers are gone."""
    found = find(engine, labels.selector(name, role=labels.PROBE))
    with guard.unbroken():
        for container in filter(_is_old, found["containers"]):
            _quietly(lambda key: engine.api.remove_container(key, v=True, force=True), container["Id"])
        for network in filter(_is_old, found["networks"]):
            _quietly(engine.api.remove_network, network["Id"])


def _is_old(item: dict[str, Any]) -> bool:
    return is_abandoned((item.get("Labels") or {}).get(labels.PROBER, ""), time.time())


def _quietly(remove: Any, key: str) -> None:
    """Two verifications may sweep at once."""
    try:
        remove(key)
    except Exception as error:
        if not is_gone(error):
            raise
