"""Butane and Ignition: the files, units and users of a machine of Fedora CoreOS, Flatcar and their like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_VARIANTS = frozenset({"fcos", "flatcar", "openshift", "r4e", "fiot"})
_PARTS = ("systemd", "storage", "passwd")


def is_machine(source: Source, node: Node) -> bool:
    """Whether a document says that it is Butane's or Ignition's, or looks like their forerunner's."""
    if node["variant"].content in _VARIANTS and "version" in node:
        return True
    if node["ignition"].is_mapping:
        return "version" in node["ignition"] or any(part in node for part in _PARTS)
    if FORMAT.named(source.hint or source.path):
        return any(part in node for part in _PARTS)
    units, users = node["systemd"]["units"].items(), node["passwd"]["users"].items()
    return any(each["name"].is_scalar for each in (*units, *users)) and node.keys()[0] in (*_PARTS, "etcd", "docker")


FORMAT = FormatRow(
    name="ignition",
    title="Butane and Ignition",
    syntaxes=("yaml", "json"),
    names=r"\.(bu|fcc|ign)(\.(j2|tpl|tmpl|tftpl))?$",
    evidence=Evidence.DECLARED,
    keys=("variant", "ignition", *_PARTS),
    shape=is_machine,
    not_read=("files that are fetched", "further configurations that are merged in"),
)
