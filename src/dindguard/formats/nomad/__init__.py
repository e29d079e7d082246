"""Nomad: jobs, whose tasks are containers of Docker or Podman or run on the machine itself, and its agents' host volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_BLOCK = "!block"
"""The tag of a block's body in HCL; what asks about every HCL file does not import its reader for that."""


def is_job(source: Source, node: Node) -> bool:
    """Whether a document is a job, as HCL or as the API has it, or the configuration of an agent that runs jobs."""
    del source  # files of any name are jobs: ``nomad job run`` takes each
    return is_agent(node) or any(
        key.content == "job" and any(_has_tasks(body) for body in value.values()) for key, value in node.pairs()
    ) or _is_api_job(node) or _is_api_job(node["Job"])  # fmt: skip


def is_agent(node: Node) -> bool:
    """Whether a document configures an agent that runs jobs: those of Consul and Vault have no such block."""
    return node["client"].tag == _BLOCK


def _has_tasks(body: Node) -> bool:
    return body.tag == _BLOCK and ("group" in body or "task" in body)


def _is_api_job(node: Node) -> bool:
    return node["TaskGroups"].is_sequence


FORMAT = FormatRow(
    name="nomad",
    title="Nomad",
    syntaxes=("hcl", "json"),
    names=r"\.nomad(\.(hcl|json))?$",
    keys=("job", "client", "Job", "TaskGroups"),
    evidence=Evidence.DECLARED,
    words=("task", "host_volume"),
    shape=is_job,
    unmodelled=(
        ("allow_privileged", r"\ballow_privileged\s*=\s*true", "a permission of Nomad's agent"),
        ("allow_caps", r"\ballow_caps\s*=\s*\[[^\]]*\"(?:all|sys_admin)\"", "a permission of Nomad's agent"),
    ),
    not_read=(
        "tasks of drivers other than docker, podman and raw_exec",
        "variables that are given on the command line",
        "blocks that a `dynamic` block makes",
    ),
)
