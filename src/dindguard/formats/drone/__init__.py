"""Drone and Woodpecker: pipelines whose steps and services are containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_STEP = ("commands", "settings", "when", "privileged", "volumes", "environment", "detach")


def is_pipeline(source: Source, node: Node) -> bool:
    """Whether a document is a pipeline of either: Drone says so; Woodpecker's steps have images and nothing of others."""
    if "apiVersion" in node:
        return False
    if node["kind"].content == "pipeline":
        return node["type"].content in ("", "docker", "kubernetes", "exec") and _steps(node)
    return FORMAT.named(source.hint or source.path) and "kind" not in node and _steps(node)


def _steps(node: Node) -> bool:
    steps = node["steps"] if "steps" in node else node["pipeline"]
    items = steps.values() if steps.is_mapping else steps.items()
    return any(step["image"].is_scalar and any(key in step for key in _STEP) for step in items if step.is_mapping)


FORMAT = FormatRow(
    name="drone",
    title="Drone and Woodpecker",
    syntaxes=("yaml",),
    names=r"(^|/)(\.drone\.ya?ml|\.woodpecker\.ya?ml|\.woodpecker/[^/]+\.ya?ml)$",
    keys=("steps", "pipeline"),
    writes=True,
    words=(("host:", r"\bhost:\s*+(?:\{\s*+)?path:"),),
    evidence=Evidence.DECLARED,
    shape=is_pipeline,
    not_read=("pipelines written in Jsonnet or Starlark",),
)
