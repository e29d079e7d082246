"""Concourse: pipelines, whose tasks and resource types are containers on a worker, and the files that describe tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_BESIDE_RUN = ("platform", "image_resource", "rootfs_uri")


def is_of_concourse(source: Source, node: Node) -> bool:
    """Whether a document is a pipeline, whose jobs have plans, or the configuration of a task."""
    del source  # files of any name are: ``fly set-pipeline -c`` takes each
    return is_pipeline(node) or is_task(node)


def is_pipeline(node: Node) -> bool:
    """Whether a document is a pipeline: Azure's jobs are a list as well, and have steps."""
    return any(item["plan"].is_sequence for item in node["jobs"].items() if item.is_mapping)


def is_task(node: Node) -> bool:
    """Whether a document says what a task runs, and in what."""
    return node["run"]["path"].is_scalar and any(key in node for key in _BESIDE_RUN)


FORMAT = FormatRow(
    name="concourse",
    title="Concourse",
    syntaxes=("yaml", "json"),
    keys=("jobs", "run"),
    evidence=Evidence.DECLARED,
    shape=is_of_concourse,
    not_read=(
        "script files that a task runs among other commands are read as scripts of a machine",
        "pipelines that `set_pipeline` makes; variables that are given when a pipeline is set",
    ),
)
