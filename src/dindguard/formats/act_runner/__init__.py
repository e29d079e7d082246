"""The runners of Gitea and Forgejo: their ``config.yaml``, which gives every job its container's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_TOPS = ("log", "runner", "cache", "container", "host")
_OWN = ("privileged", "valid_volumes", "docker_host", "force_pull", "workdir_parent", "network")


def configures_runner(source: Source, node: Node) -> bool:  # noqa: ARG001 - the signature of shapes
    """Whether a document has two of the runner's sections, and a container with a key of its own."""
    container = node["container"]
    return sum(top in node for top in _TOPS) >= 2 and container.is_mapping and any(key in container for key in _OWN)


FORMAT = FormatRow(
    name="act-runner",
    title="Gitea and Forgejo runners",
    syntaxes=("yaml",),
    keys=("container",),
    evidence=Evidence.DECLARED,
    words=("valid_volumes", ("container:", r"(?m)^container:")),  # Gitea's default gives jobs the socket, unsaid
    shape=configures_runner,
)
