"""Terraform and OpenTofu: containers, pods and tasks that resources make, and the scripts they hand to machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_BLOCKS = ("resource", "module", "provider", "variable", "locals", "data", "output", "terraform")


def is_module(source: Source, node: Node) -> bool:
    """Whether a document is a part of a module; HCL of other tools (Packer, Nomad, Consul) has other blocks or names."""
    return FORMAT.named(source.hint or source.path) and node.is_mapping


FORMAT = FormatRow(
    name="terraform",
    title="Terraform",
    syntaxes=("hcl", "json"),
    names=r"\.(tf|tofu)(\.json)?$",
    refuses=r"(^|/)\.terraform/",
    evidence=Evidence.DECLARED,
    keys=_BLOCKS,
    words=(
        "gitlab-runner/",
        "host_path",
        "host_pid",
        "host_network",
        "host_ipc",
        ("user_data", r"user_data(?:_base64)?\s{0,20}=\s{0,20}\"[a-z0-9+/]{24}"),  # a script in base64
        ("custom_data", r"custom_data\s{0,20}=\s{0,20}\"[a-z0-9+/]{24}"),
    ),
    shape=is_module,
)
