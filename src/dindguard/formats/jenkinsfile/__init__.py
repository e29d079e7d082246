"""Jenkins pipelines in Groovy: declarative and scripted, the steps of shared libraries, and jobs of Job DSL."""

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


_JOBS = frozenset({"job", "freeStyleJob", "pipelineJob", "mavenJob", "matrixJob", "multiJob"})
_OF_JOBS = frozenset({"steps", "definition", "wrappers", "scm", "triggers", "publishers"})


def is_pipeline(source: Source, node: Node) -> bool:
    """Whether a Groovy text is a pipeline, a library's step, or a job of Job DSL: not a build script, a test or a plugin."""
    if FORMAT.named(source.hint or source.path):
        return True
    if _begins_one(node):
        return not any(value.tag == "!defined" and key.content[:1].isupper() for key, value in node.pairs())
    defined = [(key.content, value) for key, value in node.pairs() if value.tag == "!defined"]
    path = f"/{source.path}"
    return (
        any((name == "call" or "/vars/" in path) and _has_step(value) for name, value in defined)
        or ("/src/" in path and any(name[:1].isupper() and _has_step(value, held=True) for name, value in defined))
        or any(key.content in _JOBS and value.is_mapping and value.has_any(_OF_JOBS) for key, value in node.pairs())
    )


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


def _has_step(body: Node, *, held: bool = False) -> bool:
    """Whether a step is called anywhere in it; with ``held``, one of the pipeline that a class was given."""
    from dindguard.documents.groovy.nodes import all_below  # of the formats that are asked, few texts are Groovy
    from dindguard.formats.jenkinsfile.places import without_holder

    for each in all_below(body):
        for key, _ in each.pairs():
            step = without_holder(key.content)
            if step.partition(".")[0] in _STEPS and (not held or step != key.content):
                return True
    return False


FORMAT = FormatRow(
    name="jenkinsfile",
    title="Jenkins pipelines",
    syntaxes=("groovy",),
    names=r"(?i:(^|/)jenkinsfile([-._][^/]*)?$|\.jenkinsfile$)",
    refuses=rf"(?i:\.({SHELL_ENDINGS}|md|rst|txt|ya?ml|json|png|html?|j2|tmpl|template)$)",
    keys=(),
    words=("hostpathvolume", "podtemplate", "containertemplate", "withrun"),
    shape=is_pipeline,
    unmodelled=(("buildInDocker", r"\bbuildInDocker\s*\{", "builds in Docker of Job DSL"),),
    not_read=(
        "libraries of other repositories",
        "what the code computes",
    ),
)
