"""Ask: the engine about the objects, the daemon about itself, and three strangers about the daemon.

The strangers are containers, never this process: the engine may be remote, or in another network.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from dindguard.engine_client import Engine, is_gone
from dindguard.environment import bodies, labels, podman
from dindguard.environment.lookup import find_daemon, why_stopped
from dindguard.environment.plan import Plan, object_labels, rebuilt
from dindguard.environment.signals import Guard
from dindguard.environment.verify import leftovers
from dindguard.environment.verify.answers import Answer, Answers, parse
from dindguard.errors import INCOMPLETE, UserError

_PATIENCE = float(bodies.PROBES_END_AFTER)
_MANY = 2000  # paths as arguments of one command
_OUTER = (
    "ID", "NCPU", "MemTotal", "CgroupVersion", "SecurityOptions", "DefaultRuntime", "ServerVersion", "KernelVersion",
    "OperatingSystem", "OSType", "Architecture", "BuildahVersion", "DockerRootDir", "Rootless",
)  # fmt: skip


def collect(engine: Engine, name: str, guard: Guard) -> Answers:
    """Put every question to the running environment ``name``; what was created for it is removed again."""
    daemon = find_daemon(engine, name)
    plan = rebuilt(daemon["Config"]["Labels"])
    leftovers.sweep(engine, guard, name)
    changes, probes = _probes(engine, guard, plan, daemon)
    if plan.on_podman:
        podman.ask_health(engine, daemon["Id"])
    daemon = engine.api.inspect_container(daemon["Id"])
    if daemon["State"]["Status"] != "running":
        raise UserError(f"{why_stopped(engine, daemon)}\nthat was while it was verified", INCOMPLETE)
    names = {mount["Name"] for mount in daemon["Mounts"] if mount["Type"] == "volume"}
    names |= {body["Name"] for body in bodies.volumes(plan)}
    volumes = {name: told for name in sorted(names) if (told := _or_none(engine.api.inspect_volume, name))}
    users = {volume: _listed(engine, volume=volume) for volume in volumes}
    members = _listed(engine, network=plan.network)
    return Answers(
        daemon=daemon,
        image=_or_none(engine.api.inspect_image, daemon["Image"]) or {},
        client_image=_or_none(engine.api.inspect_image, plan.client_image.reference) or {},
        outer={key: value for key, value in engine.api.info().items() if key in _OUTER},
        network=podman.network(engine, plan) if plan.on_podman else engine.api.inspect_network(plan.network),
        volumes=volumes,
        users={volume: sorted(found) for volume, found in users.items()},
        members=sorted(members),
        bystanders=_ours(members, *users.values()),
        changes=changes,
        probes=probes,
        taken=time.time(),
        native=podman.native(engine, daemon["Id"]) if plan.on_podman else {},
    )


def script(name: str) -> str:
    """Return the text of one of our probe scripts."""
    return (files("dindguard.environment") / "data" / name).read_text(encoding="utf-8")


def _probes(engine: Engine, guard: Guard, plan: Plan, daemon: dict[str, Any]) -> tuple[list[str], dict[str, Answer]]:
    """Return the paths that differ in the container from its image, and the answers of all probes."""
    address = bodies.address_in(plan, daemon) or "docker"
    with _strangers(engine, guard, plan, address) as strangers:
        # The strangers ask meanwhile.
        changes = [str(change["Path"]) for change in engine.api.diff(daemon["Id"]) or ()]
        probes = _script(engine, daemon["Id"], "probe-daemon.sh", uuid.uuid4().hex[:8], *changes[:_MANY])
        for stranger in strangers:
            engine.wait_for_exit(stranger, _PATIENCE)
            probes |= parse(engine.api.logs(stranger).decode("utf-8", "replace"))
    return changes, probes


def _script(engine: Engine, container: str, name: str, *arguments: str) -> dict[str, Answer]:
    _, output = engine.execute(container, ["/bin/sh", "-c", script(name), "probe", *arguments])
    return parse(output)


def _or_none(ask: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = ask(name)
    except Exception as error:
        if is_gone(error):
            return None
        raise
    return found


def _listed(engine: Engine, **where: str) -> dict[str, dict[str, str]]:
    """Return the labels of the containers, running or not, that a volume or a network has, by name."""
    return {
        name.lstrip("/"): container.get("Labels") or {}
        for container in engine.api.containers(all=True, filters=where)
        for name in container["Names"][:1]
    }


def _ours(*listed: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Keep of the labels those that say whose a container is."""
    telling = (labels.ENVIRONMENT, labels.RUN, labels.ROLE)
    return {name: {key: its[key] for key in telling if key in its} for found in listed for name, its in found.items()}


@contextmanager
def _strangers(engine: Engine, guard: Guard, plan: Plan, address: str) -> Iterator[list[str]]:
    """Start two clients in the environment's network, one of them in the image of commands, and an outsider in a network
    made for it; remove all four.
    """
    made: list[str] = []
    started: list[str] = []
    made_network = ""
    name = plan.spec.name
    elsewhere = labels.passing_name(name, labels.PROBE)
    prober = leftovers.signature()
    try:
        with guard.unbroken():
            made_network = engine.api.create_network(
                elsewhere,
                driver="bridge",
                options=bodies.network(plan)["Options"],
                labels=object_labels(plan, labels.PROBE) | prober,
            )["Id"]
        for body in (
            bodies.probe(plan, plan.network, script("probe-client.sh"), address, certificates=True),
            bodies.probe(plan, elsewhere, script("probe-outsider.sh"), address, certificates=False),
            bodies.probe_of_client_image(plan, script("probe-client-image.sh"), address),
        ):
            body["Labels"] |= prober
            with guard.unbroken():
                unique = labels.passing_name(name, labels.PROBE)
                made.append(engine.api.create_container_from_config(body, unique)["Id"])
                if not engine.start(made[-1]):
                    started.append(made[-1])
        yield started
    finally:
        with guard.unbroken():
            for container in made:
                engine.api.remove_container(container, v=True, force=True)
            if made_network:
                engine.api.remove_network(made_network)
