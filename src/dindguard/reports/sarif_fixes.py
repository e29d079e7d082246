"""Proven fixes as SARIF's ``fixes``: what is deleted, and what stands there instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.reports import safe
from dindguard.reports.sarif_objects import om

if TYPE_CHECKING:
    from dindguard.report import Proposal, Replacement

ROOT = "%SRCROOT%"
"""The base of every address in the log: the root of the scan."""


def fix(proposal: Proposal) -> om.Fix:
    """Return a fix; several files are several changes of one fix."""
    by_path: dict[str, list[om.Replacement]] = {}
    for each in proposal.replacements:
        by_path.setdefault(each.at.path, []).append(_replacement(each))
    says = f"{proposal.says[:1].upper()}{proposal.says[1:]}{' (changes what runs)' * proposal.unsafe}."
    return om.Fix(
        description=om.Message(text=says),
        artifact_changes=[
            om.ArtifactChange(
                artifact_location=om.ArtifactLocation(uri=safe.uri(path), uri_base_id=ROOT), replacements=replacements
            )
            for path, replacements in by_path.items()
        ],
    )


def _replacement(each: Replacement) -> om.Replacement:
    at = each.at
    return om.Replacement(
        deleted_region=om.Region(
            start_line=at.line, start_column=at.column, end_line=at.end_line, end_column=at.end_column
        ),
        inserted_content=om.ArtifactContent(text=safe.valid(each.text)) if each.text else None,
    )
