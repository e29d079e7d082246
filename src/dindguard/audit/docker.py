"""A running Docker engine, asked with read-only calls of its API."""

from __future__ import annotations

from dindguard.audit.redaction import Redaction
from dindguard.audit.snapshot import Facts, snapshot
from dindguard.engine_client import Engine, connect, is_gone


def collect(keep: Redaction, *, stopped: bool = False, context: str = "") -> Facts:
    """Return the snapshot of an engine: its running containers, or all with ``stopped``.

    ``context`` is one of the Docker command line's; without it the engine is the one that ``DOCKER_HOST`` names, or
    the command line's current context.

    Raises :class:`~dindguard.errors.UserError` when there is no engine, or no SDK to ask it with.
    """
    with connect(context) as engine:
        return collected(engine, keep, stopped)


def collected(engine: Engine, keep: Redaction, stopped: bool) -> Facts:
    """Return the snapshot of an engine that is open."""
    api = engine.api
    return snapshot(
        info=api.info(),
        version=api.version(api_version=False),
        containers=_containers(engine, stopped),
        networks=api.networks(),
        volumes=api.volumes().get("Volumes") or [],
        keep=keep,
        socket=engine.socket,
    )


def _containers(engine: Engine, stopped: bool) -> list[Facts]:
    """Return the inspected containers by name; one that goes away meanwhile is left out."""
    found = []
    for listed in engine.api.containers(all=stopped):
        try:
            found.append(engine.api.inspect_container(listed["Id"]))
        except Exception as error:
            if not is_gone(error):
                raise
    return sorted(found, key=lambda container: str(container["Name"]))
