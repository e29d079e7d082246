"""GitLab CI pipelines, and files that such pipelines include."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_JOB_KEYS = frozenset({"script", "trigger", "extends", "before_script", "after_script", "run"})
_TOP_KEYS = frozenset({"stages", "default", "workflow", "include", "before_script", "after_script"})
_OTHERS_KEYS = ("jobs", "pipelines", "tasks", "language", "kind")


def is_pipeline(source: Source, node: Node) -> bool:
    """Whether a document has jobs with scripts and what else only GitLab's have, or a pipeline's file name."""
    if not node.is_mapping:
        return False
    if FORMAT.named(source.path):
        return True
    bodies = [body for key, body in node.pairs() if body.is_mapping and key.content not in ("default", "variables")]
    jobs = [body for body in bodies if body["script"].is_sequence or body["script"].is_scalar]
    if any(key in node for key in _OTHERS_KEYS):
        return False
    if _TOP_KEYS.intersection(node.keys()) and jobs:
        return True
    if jobs and all(key.startswith(".") for key in node.keys()):
        return True  # templates only
    with_stage = [
        body for body in jobs if any(key in body for key in ("stage", "image", "services", "rules", "tags", "only"))
    ]
    return bool(with_stage) and len(jobs) == len([b for b in bodies if _JOB_KEYS.intersection(b.keys())])


FORMAT = FormatRow(
    name="gitlab-ci",
    title="GitLab CI",
    syntaxes=("yaml", "json"),
    names=r"(?i:(^|/)[^/]*\.?gitlab-ci[^/]*\.ya?ml$)",
    always=True,
    words=("include:", "extends:"),
    shape=is_pipeline,
)
