"""Jenkins pipelines in Groovy: declarative and scripted, and the steps of shared libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import SHELL_ENDINGS, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_TOPS = frozenset({"pipeline", "node", "podTemplate", "properties", "library"})
_STEPS = frozenset(
    {"sh", "bat", "powershell", "docker", "podTemplate", "containerTemplate", "node", "container", "stage"}
)


def is_pipeline(source: Source, node: Node) -> bool:
    """Whether a Groovy text is a pipeline, or a library's step: not a build script, a test or a plugin."""
    if FORMAT.named(source.hint or source.path):
        return True
    if any(key in _TOPS and value.is_mapping for key, value in ((key.content, value) for key, value in node.pairs())):
        return not any(value.tag == "!defined" and key.content[:1].isupper() for key, value in node.pairs())
    return any(key.content == "call" and value.tag == "!defined" and _has_step(value) for key, value in node.pairs())


def _has_step(body: Node) -> bool:
    return any(key.content.partition(".")[0] in _STEPS for each in body.walk() for key, _ in each.pairs())


FORMAT = FormatRow(
    name="jenkinsfile",
    title="Jenkins pipelines",
    syntaxes=("groovy",),
    names=r"(?i:(^|/)jenkinsfile([-._][^/]*)?$|\.jenkinsfile$)",
    refuses=rf"(?i:\.({SHELL_ENDINGS}|md|rst|txt|ya?ml|json|png|html?|j2|tmpl|template)$)",
    keys=(),
    words=("hostpathvolume", "podtemplate", "containertemplate", "withrun"),
    shape=is_pipeline,
    not_read=(
        "libraries of other repositories",
        "what the code computes",
    ),
)
