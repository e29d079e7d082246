"""A running Docker engine, asked with read-only calls of its API."""

from __future__ import annotations

from dindguard.audit.redaction import Redaction
from dindguard.audit.snapshot import Facts, snapshot
from dindguard.engine_client import Engine, connect, is_gone


def collect(keep: Redaction, *, stopped: bool = False) -> Facts:
    """Return the snapshot of the engine that ``DOCKER_HOST`` names: its running containers, or all with ``stopped``.

    Raises :class:`~dindguard.errors.UserError` when there is no engine, or no SDK to ask it with.
    """
    with connect() as engine:
        api = engine.api
        return snapshot(
            info=api.info(),
            version=api.version(api_version=False),
            containers=_containers(engine, stopped),
            networks=api.networks(),
            volumes=api.volumes().get("Volumes") or [],
            keep=keep,
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
