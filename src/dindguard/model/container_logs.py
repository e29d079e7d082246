"""What an engine keeps of its containers' output (moby ``daemon/logs.go``, ``daemon/logger``).

The facts: docs/engine-facts.md, "Container logs".
"""

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
    if engine.product is not EngineProduct.DOCKER or not _fully_shown(engine):
        return None
    driver = engine.setting("log-driver")
    if driver is not None and driver.value.value != UNBOUNDED_DRIVER:
        return None
    if any(option.value.unknown or option.value.pattern.startswith(_BOUND) for option in engine.settings("log-opt")):
        return None
    return driver or engine


_CONFIGURATION_FILES = ("/etc/docker/daemon.json", "/home/rootless/.config/docker/daemon.json")
"""Where dockerd looks, as root and in the official image without root."""


def _fully_shown(engine: Engine) -> bool:
    """Whether the files show all settings: the whole command line, and the configuration file or that there is none.

    Docker's own image brings no configuration file; what another image or a mount brings, nobody knows.
    """
    if not engine.launch.shown or not engine.launch.certain:
        return False
    if engine.configuration is not None:
        return True
    container = engine.container
    if container is None or container.build is not None or engine.launch["config-file"] is not None:
        return False
    image = container.image.engine if container.image is not None else None
    mounted = any(container.mount_at(path) is not None for path in _CONFIGURATION_FILES)
    return image is not None and image.official and not mounted
