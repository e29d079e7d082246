"""GitLab Runner: its ``config.toml``, and the values of its chart that hold one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.documents import syntax
from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source


def configures_runners(source: Source, node: Node) -> bool:
    """Whether a document is a list of runners that name their executor, or chart values that hold one."""
    if syntax.by_name(source.hint or source.path) == syntax.TOML:
        runners = node["runners"].items()
        return any(
            "executor" in each or each["docker"].is_mapping or each["kubernetes"].is_mapping for each in runners
        )
    return "[[runners]]" in node["runners"]["config"].content


FORMAT = FormatRow(
    name="gitlab-runner",
    title="GitLab Runner",
    syntaxes=("toml", "yaml", "json"),
    keys=("runners",),
    evidence=Evidence.DECLARED,
    words=("[[runners",),
    shape=configures_runners,
)
