"""What an engine keeps of its containers' output (moby ``daemon/logs.go``, ``daemon/logger``)."""

from __future__ import annotations

from dindguard.model.engine import Engine
from dindguard.model.launch import Setting
from dindguard.vocabulary import EngineProduct

UNBOUNDED_DRIVER = "json-file"
"""Docker's default, and the only driver that rotates nothing by itself: ``local`` keeps five files of 20 MB, and what others
send elsewhere is cached here in the form of ``local``."""

_BOUND = "max-size="
"""Without it ``json-file`` never begins a new file, whatever ``max-file`` says (``daemon/logger/jsonfilelog``)."""


def unbounded_driver(engine: Engine) -> Setting | Engine | None:
    """Return what makes an engine's containers log without bound: the driver that somebody named, or the engine's default.

    ``None`` for logs with an end, and for an engine whose settings the files do not show in full.
    """
    if engine.product is not EngineProduct.DOCKER or not engine.fully_shown:
        return None
    driver = engine.setting("log-driver")
    if driver is not None and driver.value.value != UNBOUNDED_DRIVER:
        return None
    if any(option.value.unknown or option.value.pattern.startswith(_BOUND) for option in engine.settings("log-opt")):
        return None
    return driver or engine
