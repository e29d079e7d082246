"""Azure Pipelines: pipelines and their templates; containers of jobs, services and steps, and what scripts and tasks run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import FormatRow
from dindguard.patterns import regex

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_STEPS = ("script", "bash", "pwsh", "powershell", "task", "checkout", "template", "publish", "download")
_OTHERS = ("apiVersion", "kind", "runs", "on", "pipelines", "version", "hosts")
_STEP_NAME = regex(r"[\w${}()\s.-]*")


def is_pipeline(source: Source, node: Node) -> bool:  # noqa: ARG001 - the signature of shapes
    """Whether a document has stages, jobs or steps as Azure writes them: lists, each item named by its first key."""
    if any(key in node for key in _OTHERS):
        return False
    if node["extends"]["template"].is_scalar:
        return True
    return (
        _some(node["stages"], ("stage", "template"))
        or _some(node["jobs"], ("job", "deployment", "template"))
        or _steps(node["steps"])
    )


def _some(items: Node, keys: tuple[str, ...]) -> bool:
    return any(key in item or _is_expression(item) for item in items for key in keys)


def _steps(items: Node) -> bool:
    """Whether steps are Azure's: the name of one is a word, where Cloud Build's is an image."""
    if any(_STEP_NAME.fullmatch(item["name"].content) is None or "image" in item for item in items):
        return False
    return _some(items, _STEPS)


def _is_expression(item: Node) -> bool:
    return any(key.startswith("${{") for key in item.keys())


FORMAT = FormatRow(
    name="azure-pipelines",
    title="Azure Pipelines",
    syntaxes=("yaml",),
    names=r"(?i:(^|/)\.?azure-pipelines?[^/]*\.ya?ml$)",
    keys=("stages", "jobs", "steps", "extends"),
    words=(
        "mapdockersocket",
        "--pid",
        "--ipc",
        "--uts",
        "--net",
        "--userns",
        "--cgroupns",
        "--cap-add",
        "--device",
        "--security-opt",
        "--runtime",
    ),
    shape=is_pipeline,
    not_read=(
        "templates of other repositories",
        "variable groups",
        "tasks other than those for scripts, Docker and Compose",
    ),
)
