"""What makes the machines of a scenario of Molecule.

Source: Molecule's documentation, "Configuration" (driver, provisioner, platforms): the driver ``default``, once called
``delegated``, leaves the machines to a playbook, ``create.yml`` beside the scenario unless it names another one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from dindguard.documents.tree import Node
from dindguard.source import Source

_PLUGINS = frozenset({"docker", "podman"})
_BY_A_PLAYBOOK = frozenset({"default", "delegated"})
_MODULES = {"docker_container": "docker", "podman_container": "podman"}


def maker_of(scenario: Node, path: str, open_file: Callable[[str], Source | None]) -> str:
    """Return ``docker`` or ``podman`` where a scenario's platforms are its containers; ``""`` where they are anything else.

    ``path`` is the scenario's. A playbook that makes containers is taken to give them what the platforms say, by its usual names.
    """
    driver = scenario["driver"]["name"].content or "docker"
    if driver in _PLUGINS:
        return driver
    if driver not in _BY_A_PLAYBOOK:
        return ""
    playbook = scenario["provisioner"]["playbooks"]["create"].content or "create.yml"
    source = open_file(posixpath.normpath(posixpath.join(posixpath.dirname(path), playbook)))
    text = source.text if source is not None else ""
    return next((maker for module, maker in _MODULES.items() if module in text), "")
