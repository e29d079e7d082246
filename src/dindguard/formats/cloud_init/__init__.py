"""cloud-init: what a machine writes, runs and whom it lets in at its first boot (``#cloud-config``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_KEYS = (
    "write_files", "runcmd", "bootcmd", "packages", "users", "user", "groups", "system_info", "coreos", "ssh_authorized_keys",
    "package_update", "hostname", "apt",
)  # fmt: skip


def is_cloud_config(source: Source, node: Node) -> bool:
    """Whether a document is a configuration of cloud-init: its first line says so, or its name and a key."""
    if not node.is_mapping:
        return False
    head = source.text[:1000].lstrip("\ufeff")
    if any(line.startswith("#cloud-config") for line in head.splitlines()[:20]):
        return not head.startswith("#cloud-config-archive")
    return FORMAT.named(source.hint or source.path) and any(key in node for key in _KEYS) and "services" not in node


FORMAT = FormatRow(
    name="cloud-init",
    title="cloud-init",
    syntaxes=("yaml",),
    names=(
        r"(^|/)[^/]*cloud-?(init|config)[^/]*\.ya?ml(\.(j2|tpl|tmpl|tftpl))?$|(^|/)[^/]*cloud-?(init|config)[^/]*\.(tpl|tftpl)$"
        r"|(^|/)user-data\.ya?ml$"
    ),
    refuses=r"(^|/)cloudbuild",
    evidence=Evidence.DECLARED,
    keys=_KEYS,
    words=(("encoding", r"encoding[\"']?:\s{0,20}[\"']?(?:gz|b64|base64)"),),
    shape=is_cloud_config,
    not_read=("what #include fetches",),
)
