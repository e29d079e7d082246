"""Removal by label: complete, repeatable, and blind to everything that does not carry our label."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from dindguard.engine_client import Engine
from dindguard.environment import labels
from dindguard.environment.lookup import find
from dindguard.errors import ENGINE, UserError
from dindguard.printable import printable

_ROUNDS = 20


def remove(engine: Engine, filters: dict[str, list[str]]) -> dict[str, int]:
    """Remove all that ``filters`` (from :func:`labels.selector`) select; return how many of each kind went.

    Containers go first, with their anonymous volumes, then networks, then volumes. What vanishes meanwhile
    counts as removed. Ends when a listing comes back empty; gives up, saying what resists, after 20 rounds.
    """
    gone: dict[str, set[str]] = {"containers": set(), "networks": set(), "volumes": set()}
    resisting = ""
    for attempt in range(_ROUNDS):
        found = find(engine, filters)
        if not any(found.values()):
            return {kind: len(names) for kind, names in gone.items()}
        if attempt:
            time.sleep(0.1 * attempt)
        for kind, call, key in _steps(engine):
            for item in found[kind]:
                gone[kind].add(item[key])
                resisting = _attempt(call, item[key]) or resisting
    raise UserError(f"not everything could be removed: {resisting}", ENGINE)


def _steps(engine: Engine) -> tuple[tuple[str, Callable[[str], Any], str], ...]:
    api = engine.api
    return (
        ("containers", lambda name: api.remove_container(name, v=True, force=True), "Id"),
        ("networks", api.remove_network, "Id"),
        ("volumes", lambda name: api.remove_volume(name, force=True), "Name"),
    )


def _attempt(call: Callable[[str], Any], name: str) -> str:
    """Call once; a refusal by the engine is returned as text, since the next round tries again."""
    try:
        call(name)
    except Exception as error:
        code = getattr(getattr(error, "response", None), "status_code", None)
        if code is None:
            raise
        return "" if code == 404 else printable(error)
    return ""


def down(engine: Engine, name: str | None, *, only_expired: bool = False) -> str:
    """Remove one environment, all that have expired, or (``None``) all; return in words what was removed."""
    if not only_expired:
        return summary(remove(engine, labels.selector(name)))
    names = expired(engine, time.time())
    return "; ".join(f"{printable(name)}: {summary(remove(engine, labels.selector(name)))}" for name in names) or (
        "nothing has expired"
    )


def expired(engine: Engine, now: float) -> list[str]:
    """Return the names of the environments whose time to live is over, sorted."""
    found = find(engine, labels.selector())
    marked = (item.get("Labels") or {} for items in found.values() for item in items)
    return sorted({its.get(labels.ENVIRONMENT, "") for its in marked if labels.has_expired(its, now)} - {""})


def summary(gone: dict[str, int]) -> str:
    """Say in words what was removed."""
    words = [f"{count} {kind if count != 1 else kind[:-1]}" for kind, count in gone.items() if count]
    return "removed " + ", ".join(words) if words else "nothing to remove"
