"""Jenkins pipelines in Groovy: declarative and scripted, and the steps of shared libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import SHELL_ENDINGS, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_TOPS = frozenset({"pipeline", "node", "podTemplate", "properties", "library"})
_AROUND = frozenset(
    {
        "timeout",
        "timestamps",
        "ansiColor",
        "catchError",
        "lock",
        "retry",
        "stage",
        "throttle",
        "withCredentials",
        "withEnv",
        "wrap",
    }
)
"""Steps that a scripted pipeline may stand in as a whole."""
_STEPS = frozenset(
    {"sh", "bat", "powershell", "docker", "podTemplate", "containerTemplate", "node", "container", "stage"}
)


def is_pipeline(source: Source, node: Node) -> bool:
    """Whether a Groovy text is a pipeline, or a library's step: not a build script, a test or a plugin."""
    if FORMAT.named(source.hint or source.path):
        return True
    if _begins_one(node):
        return not any(value.tag == "!defined" and key.content[:1].isupper() for key, value in node.pairs())
    return any(key.content == "call" and value.tag == "!defined" and _has_step(value) for key, value in node.pairs())


def _begins_one(block: Node) -> bool:
    """Whether a block holds a pipeline's outermost step, be it inside of others that only surround it."""
    waiting = [block]
    while waiting:
        for key, value in waiting.pop().pairs():
            if key.content in _TOPS and value.is_mapping:
                return True
            if key.content in _AROUND and value.is_mapping:
                waiting.append(value)
    return False


def _has_step(body: Node) -> bool:
    from dindguard.documents.groovy.nodes import all_below  # of the formats that are asked, few texts are Groovy

    return any(key.content.partition(".")[0] in _STEPS for each in all_below(body) for key, _ in each.pairs())


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
