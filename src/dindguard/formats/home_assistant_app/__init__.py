"""Home Assistant's apps, once add-ons: what the Supervisor gives to the container of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source


def is_app(source: Source, node: Node) -> bool:
    """Whether a document is an app's `config.yaml`: it has a slug, a version and the architectures that it is for."""
    del source  # the names, ``config.yaml`` and ``config.json``, are anybody's
    return node["slug"].is_scalar and node["version"].is_scalar and node["arch"].is_sequence


FORMAT = FormatRow(
    name="home-assistant-app",
    title="Home Assistant apps",
    syntaxes=("yaml", "json"),
    keys=("slug",),
    evidence=Evidence.LIKENESS,
    words=("docker_api", "full_access", "host_pid", "kernel_modules"),
    shape=is_app,
    not_read=("folders of Home Assistant that `map` names",),
)
