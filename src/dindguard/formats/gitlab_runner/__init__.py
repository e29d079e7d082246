"""GitLab Runner: its ``config.toml``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.documents import syntax
from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source


def configures_runners(source: Source, node: Node) -> bool:
    """Whether a document is a list of runners that name their executor."""
    if syntax.by_name(source.hint or source.path) != syntax.TOML:
        return False
    runners = node["runners"].items()
    return any("executor" in each or each["docker"].is_mapping or each["kubernetes"].is_mapping for each in runners)


FORMAT = FormatRow(
    name="gitlab-runner",
    title="GitLab Runner",
    syntaxes=("toml",),
    writes=True,
    keys=("runners",),
    evidence=Evidence.DECLARED,
    words=("[[runners",),
    shape=configures_runners,
)
