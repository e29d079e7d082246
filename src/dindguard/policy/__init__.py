"""What silences findings, and who answers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.records import record

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from dindguard.discover import Files
    from dindguard.findings import Finding
    from dindguard.policy.baseline import Entry
    from dindguard.policy.config import Config
    from dindguard.rules import Rule
    from dindguard.source import Notice, Source


BASELINE_FILE = ".dindguard/baseline.json"
WAIVER_FILE = ".dindguard/waivers.yaml"


@record(kw_only=True)
class Surroundings:
    """What policy needs to know of a scan. ``baseline`` is the text and name of the file in force, if any.

    ``given`` are the paths that the scan was asked for; ``trusted`` is false under ``--untrusted``: the tree's
    own allows and waivers then count for nothing. ``active`` are the ids of the rules that ran.
    """

    sources: Mapping[str, Source]
    files: Files
    config: Config
    today: dt.date
    given: Collection[str]
    active: Collection[str]
    trusted: bool = True
    baseline: tuple[Entry, ...] = ()
    baseline_name: str = ""


@record
class Applied:
    """Findings with their status, the policy's own among them; notices; what was silenced, in words; its rules."""

    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...] = ()
    summary: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


def apply_policy(findings: tuple[Finding, ...], around: Surroundings) -> Applied:
    """Apply allows, waivers and the baseline to findings.

    The work is done by :mod:`dindguard.policy.application`, imported only when the tree has any of them.
    """
    waiver_source = around.files.open(WAIVER_FILE) if around.trusted else None
    allowing = around.trusted and any("dindguard:" in source.text for source in around.sources.values())
    sidecars = around.trusted and any(f"{path}.allow.yaml" in around.sources for path in around.sources)
    if waiver_source is None and not allowing and not sidecars and not around.baseline:
        return Applied(findings)
    from dindguard.policy.application import apply

    return apply(findings, around, waiver_source)
