"""Routes: the way to a place in a document, ``services.web.volumes[0]``."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def route_key(key: str) -> str:
    """Return a mapping key as a step of a route: ``.web``, or ``["a.b"]`` where a dot would confuse."""
    if key.isalnum() or (key and all(char.isalnum() or char in "_-/" for char in key)):
        return f".{key}"
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{escaped}"]'


def join_route(route: str, step: str) -> str:
    """Return ``route`` followed by ``step``; no dot at the beginning."""
    return step.removeprefix(".") if not route else route + step
