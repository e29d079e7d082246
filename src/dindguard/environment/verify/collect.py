"""Ask: the engine about the objects, the daemon about itself, and two strangers about the daemon.

The strangers are containers, never this process: the engine may be remote, or in another network.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from dindguard.engine_client import Engine
from dindguard.environment import labels, plan
from dindguard.environment.lookup import find_daemon
from dindguard.environment.signals import Guard
from dindguard.environment.verify.answers import Answer, Answers, parse

_PATIENCE = 120.0


def collect(engine: Engine, name: str, guard: Guard) -> Answers:
    """Put every question to the running environment ``name``; what was created for it is removed again."""
    daemon = find_daemon(engine, name)
    network = labels.object_name(name, labels.NETWORK)
    attached = daemon["NetworkSettings"]["Networks"].get(network) or {}
    address = attached.get("IPAddress") or "docker"
    with _strangers(engine, guard, daemon, network, address) as (client, outsider):
        probes = _script(engine, daemon["Id"], "probe-daemon.sh", uuid.uuid4().hex[:8])
        for stranger in (client, outsider):
            engine.wait_for_exit(stranger, _PATIENCE)
            probes |= parse(engine.api.logs(stranger).decode("utf-8", "replace"))
    volumes = {
        mount["Name"]: engine.api.inspect_volume(mount["Name"])
        for mount in daemon["Mounts"]
        if mount["Type"] == "volume"
    }
    return Answers(
        daemon=engine.api.inspect_container(daemon["Id"]),
        network=engine.api.inspect_network(network),
        volumes=volumes,
        users={volume: _users(engine, volume) for volume in volumes},
        members=_members(engine, network),
        probes=probes,
        taken=time.time(),
    )


def script(name: str) -> str:
    """Return the text of one of our probe scripts."""
    return (files("dindguard.environment") / "data" / name).read_text(encoding="utf-8")


def _script(engine: Engine, container: str, name: str, argument: str) -> dict[str, Answer]:
    _, output = engine.execute(container, ["/bin/sh", "-c", script(name), "probe", argument])
    return parse(output)


def _users(engine: Engine, volume: str) -> list[str]:
    found = engine.api.containers(all=True, filters={"volume": volume})
    return sorted(name.lstrip("/") for container in found for name in container["Names"])


def _members(engine: Engine, network: str) -> dict[str, str]:
    found = engine.api.containers(filters={"network": network})
    return {
        name.lstrip("/"): str((container.get("Labels") or {}).get(labels.ENVIRONMENT, ""))
        for container in found
        for name in container["Names"]
    }


@contextmanager
def _strangers(
    engine: Engine, guard: Guard, daemon: dict[str, Any], network: str, address: str
) -> Iterator[tuple[str, str]]:
    """Start a client in the environment's network and an outsider in one made for it; remove all three."""
    its_labels = daemon["Config"]["Labels"]
    made: list[str] = []
    made_network = ""
    elsewhere = labels.passing_name(its_labels[labels.ENVIRONMENT], labels.PROBE)
    try:
        with guard.unbroken():
            made_network = engine.api.create_network(
                elsewhere, driver="bridge", labels=its_labels | {labels.ROLE: labels.PROBE}
            )["Id"]
        for where, name, certificates in (
            (network, "probe-client.sh", True),
            (elsewhere, "probe-outsider.sh", False),
        ):
            body = plan.probe(its_labels, where, script(name), address, certificates=certificates)
            with guard.unbroken():
                unique = labels.passing_name(its_labels[labels.ENVIRONMENT], labels.PROBE)
                made.append(engine.api.create_container_from_config(body, unique)["Id"])
                engine.api.start(made[-1])
        yield made[0], made[1]
    finally:
        with guard.unbroken():
            for container in made:
                engine.api.remove_container(container, v=True, force=True)
            if made_network:
                engine.api.remove_network(made_network)
