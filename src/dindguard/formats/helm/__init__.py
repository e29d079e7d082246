"""Helm: what values make of charts that run engines or CI jobs, in values files and in releases of Flux, Argo CD and Helmfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.helm import shapes
from dindguard.formats.row import Evidence, FormatRow
from dindguard.vocabulary import HELM_WITH_FILES

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_KNOWN = (
    shapes.is_scale_set, shapes.is_gitlab_runner, shapes.is_jenkins, shapes.is_app_template, shapes.is_image_builder,
)  # fmt: skip


def holds_values(source: Source, node: Node) -> bool:
    """Whether a document lists releases, or is values (of a chart, or of a dependency under its name) that are read."""
    if not node.is_mapping or "kind" in node or "apiVersion" in node:
        return False
    if any(release["chart"].is_scalar for release in node["releases"].items() if release.is_mapping):
        return True
    if any(known(each) for each in (node, *node.values()) if each.is_mapping for known in _KNOWN):
        return True
    return FORMAT.usually(source.hint or source.path) and shapes.is_generic(node)


FORMAT = FormatRow(
    name="helm",
    title="Helm values and releases",
    syntaxes=("yaml",),
    usual=r"(^|/)([^/]*[-_.])?values([-_.][^/]*)?\.ya?ml$|(^|/)helmfile(\.d/[^/]+)?\.ya?ml$",
    keys=(
        "releases", "runners", "gitlab-runner", "githubConfigUrl", "gha-runner-scale-set", "controller", "master", "Master",
        "agent", "Agent", "jenkins", "controllers", "app-template", "imageBuilderType", "binderhub",
    ),
    evidence=Evidence.DECLARED,
    words=(
        "containermode", "[[runners", "yamltemplate", "imagebuildertype",
        # What files of values hold may be dangerous only because of the chart that is told here.
        "valuefiles:", "valuesfile:", "valuesfrom:", ("releases:", r"(?m)^releases:"),
        ("helm ", HELM_WITH_FILES),
    ),
    shape=holds_values,
)  # fmt: skip
