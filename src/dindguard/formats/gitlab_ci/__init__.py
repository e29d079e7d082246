"""GitLab CI pipelines, and files that such pipelines include."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_JOB_KEYS = frozenset({"script", "trigger", "extends", "before_script", "after_script", "run"})
_TOP_KEYS = frozenset({"stages", "default", "workflow", "include", "before_script", "after_script"})
_TEMPLATE_KEYS = _JOB_KEYS | {"stage", "image", "rules", "tags", "only", "except", "variables", "cache", "artifacts"}
_OTHERS_KEYS = ("jobs", "pipelines", "tasks", "language", "kind")


def is_pipeline(source: Source, node: Node) -> bool:
    """Whether a document has jobs with scripts and what else only GitLab's have, or a pipeline's file name."""
    if not node.is_mapping:
        return False
    if FORMAT.named(source.path):
        return True
    bodies = [body for key, body in node.pairs() if body.is_mapping and key.content not in ("default", "variables")]
    jobs = [body for body in bodies if body["script"].is_sequence or body["script"].is_scalar]
    if any(key in node and not _is_job(node[key]) for key in _OTHERS_KEYS):
        return False
    if any(_extends_template(body) for body in bodies) or _only_templates(node, bodies):
        return True
    if _TOP_KEYS.intersection(node.keys()) and jobs:
        return True
    if jobs and all(key.startswith(".") for key in node.keys()):
        return True  # templates only
    with_stage = [
        body for body in jobs if any(key in body for key in ("stage", "image", "services", "rules", "tags", "only"))
    ]
    return bool(with_stage) and len(jobs) == len([b for b in bodies if _JOB_KEYS.intersection(b.keys())])


def _is_job(body: Node) -> bool:
    """Whether what has the name of another system's keyword is a job that is called so."""
    return body.is_mapping and (body["script"].is_sequence or body["script"].is_scalar)


def _extends_template(body: Node) -> bool:
    """Whether a job takes its script from a hidden one: only GitLab has jobs that ``extends`` a name with a dot."""
    names = [item.content for item in body["extends"].listed() if item.is_scalar]
    return bool(names) and all(name.startswith(".") for name in names) and not body["image"].is_mapping


def _only_templates(node: Node, bodies: list[Node]) -> bool:
    """Whether all is hidden jobs, or keywords of the top, and any has what only GitLab's jobs have."""
    hidden = all(key.startswith(".") or key in _TOP_KEYS | {"variables"} for key in node.keys())
    return hidden and any(
        body["services"].is_sequence or len(_TEMPLATE_KEYS.intersection(body.keys())) >= 2 for body in bodies
    )


FORMAT = FormatRow(
    name="gitlab-ci",
    title="GitLab CI",
    syntaxes=("yaml", "json"),
    names=r"(?i:(^|/)[^/]*\.?gitlab-ci[^/]*\.ya?ml$)",
    always=True,
    keys=tuple(sorted(_TOP_KEYS | {"variables"})),
    within=("script", "extends"),
    hidden=True,
    words=("include:", "extends:"),
    shape=is_pipeline,
    writes=True,
    not_read=("files included from other projects, addresses and components",),
)
