"""Buildkite: pipelines; the containers of the docker and kubernetes plugins, and what commands run on the agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import FormatRow
from dindguard.patterns import regex

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_OWN = ("command", "commands", "plugins", "block", "input", "trigger", "group", "wait")
_OTHERS = ("apiVersion", "kind", "jobs", "runs", "pipelines", "services", "trigger", "pool", "version")
_FOREIGN = ("script", "bash", "task", "args", "settings", "uses", "run")
_FOLDER = regex(r"(^|/)\.buildkite/")


def is_pipeline(source: Source, node: Node) -> bool:
    """Whether a document has steps as Buildkite writes them; in its own folder, a list of steps is one as well."""
    at_home = _FOLDER.search(source.path) is not None
    if node.is_sequence:
        return at_home and any(_is_step(item) for item in node.items())
    if any(key in node for key in _OTHERS):
        return False
    steps = node["steps"].items()
    strange = any(key in item for item in steps for key in _FOREIGN)
    images = any("image" in item for item in steps)
    return any(_is_step(item) for item in steps) and (at_home or not (strange or images))


def _is_step(item: Node) -> bool:
    if item.is_mapping:
        return any(key in item for key in _OWN)
    return item.content in ("wait", "waiter")


FORMAT = FormatRow(
    name="buildkite",
    title="Buildkite",
    syntaxes=("yaml", "json"),
    names=r"(^|/)\.buildkite/pipeline[^/]*\.(ya?ml|json)$",
    keys=("steps", "command", "commands", "plugins"),
    shape=is_pipeline,
    not_read=(
        "steps that a command uploads",
        "plugins other than docker, docker-compose and kubernetes",
    ),
)
