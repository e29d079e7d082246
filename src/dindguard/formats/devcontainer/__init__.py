"""Dev containers: ``devcontainer.json`` with its features, options, mounts and lifecycle commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_SOURCES = ("image", "build", "dockerFile", "dockerComposeFile")
_OWN = (
    "features", "remoteUser", "customizations", "forwardPorts", "postCreateCommand", "workspaceFolder", "runArgs",
    "containerEnv",
)  # fmt: skip


def is_dev_container(source: Source, node: Node) -> bool:
    """Whether a document describes a dev container: by its name, or by where its image comes from and a key of its own."""
    if FORMAT.named(source.hint or source.path):
        return node.is_mapping
    return any(key in node for key in _SOURCES) and any(key in node for key in _OWN) and "memory" not in node


FORMAT = FormatRow(
    name="devcontainer",
    title="Dev containers",
    syntaxes=("json",),
    names=r"(^|/)\.?devcontainer\.json$",
    always=True,
    evidence=Evidence.DECLARED,
    keys=(*_SOURCES, "features", "name", "privileged", "mounts", "runArgs"),
    shape=is_dev_container,
)
