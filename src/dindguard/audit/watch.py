"""An engine's states, one after the other: now, and again after each event that could have changed something."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

from dindguard.audit.docker import collected
from dindguard.audit.redaction import Redaction
from dindguard.audit.snapshot import Facts
from dindguard.engine_client import Engine, connect
from dindguard.errors import ENGINE, UserError
from dindguard.printable import printable

_TELLING = {
    "type": ["container", "network", "volume", "daemon"],
    "event": [
        "create", "start", "die", "destroy", "rename", "update", "pause", "unpause", "connect", "disconnect", "mount",
        "unmount", "remove", "reload",
    ],
}  # fmt: skip
_QUIET = 0.5
_AT_LEAST = 5.0


def states(
    keep: Redaction, *, stopped: bool = False, context: str = "", seconds: float | None = None
) -> Iterator[tuple[Facts, str]]:
    """Yield the snapshot now, and a new one after events, with the last event in words; end after ``seconds``.

    Events come in bursts: half a second of quiet ends one, and five seconds at most. Raises
    :class:`~dindguard.errors.UserError` (5) when the engine tells no more of them: from then on nothing would be seen.
    """
    end = time.monotonic() + seconds if seconds is not None else float("inf")
    with connect(context) as engine:
        events = _listen(engine)
        yield collected(engine, keep, stopped), "start of the watch"
        while (words := _burst(events, end)) is not None:
            yield collected(engine, keep, stopped), words


def _listen(engine: Engine) -> queue.Queue[str | UserError]:
    """Put each event into a queue, in words; the last entry is what to raise when there are no more."""
    found: queue.Queue[str | UserError] = queue.Queue()
    stream = engine.api.events(decode=True, filters=_TELLING)

    def listen() -> None:
        reason = "it closed the connection"
        try:
            for event in stream:
                found.put(_words(event))
        except Exception as error:
            reason = printable(error, 80)
        found.put(UserError(f"the engine tells no more events: {reason}\nstart the watch again when it runs", ENGINE))

    threading.Thread(target=listen, daemon=True).start()
    return found


def _words(event: dict[str, Any]) -> str:
    actor = event.get("Actor") or {}
    name = (actor.get("Attributes") or {}).get("name") or str(actor.get("ID", ""))[:12]
    return printable(f"{event.get('Type', '')} {event.get('Action', '')} {name}", 120)


def _burst(events: queue.Queue[str | UserError], end: float) -> str | None:
    """Wait for the end of the next burst; return its last event, or ``None`` when the watch's time is over."""
    last: str | None = None
    latest = end
    while True:
        wait = min(latest, end) - time.monotonic()
        if last is not None:
            wait = min(wait, _QUIET)
        if wait <= 0:
            return last
        try:
            event = events.get(timeout=min(wait, 3600))
        except queue.Empty:
            if last is not None or time.monotonic() >= end:
                return last
            continue
        if isinstance(event, UserError):
            raise event
        if last is None:
            latest = time.monotonic() + _AT_LEAST
        last = event
