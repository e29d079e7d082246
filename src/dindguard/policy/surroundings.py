"""What policy is told of a scan, and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.records import record

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Mapping

    from dindguard.files import Files
    from dindguard.findings import Finding
    from dindguard.policy.baseline_file import BaselineFile
    from dindguard.policy.config import Config
    from dindguard.policy.waiver_file import Waiver
    from dindguard.rules import Rule, Severity
    from dindguard.source import Notice, Source


@record
class Trust:
    """What a scan under ``--trust`` compares: all of it is made when somebody asks.

    ``before`` returns what the trusted revision's own scan says. ``proposed`` returns the configuration and the baseline
    that files hold and that are not in force; it raises :class:`UserError` when they cannot be read. ``start`` returns
    the files that the change began with, when it does not have all of the trusted revision.
    """

    before: Callable[[], Collection[Finding]]
    proposed: Callable[[Files], tuple[Config, BaselineFile | None]]
    start: Callable[[], Files | None] = lambda: None


@record(kw_only=True)
class Surroundings:
    """What policy needs to know of a scan. ``baseline`` is what the file in force holds.

    ``embedded`` are the documents inside the sources, ``syntax_of`` names the syntax of either. ``given`` are the
    paths that the scan was asked for. ``known`` are the ids of all rules, ``active`` those of the rules that ran,
    ``muted`` those of policy's own rules that configuration or command line turn off. ``trusted`` is false
    under ``--untrusted``: the tree's own allows and waivers then count for nothing. ``stamped`` are all
    findings of the model, those about files that were not given among them.

    ``authority`` are the files in which policy's own are looked up: those of the tree, or of the revision that is
    trusted; ``trust`` is then what the two are compared by. ``known`` gives the rules' own severities.
    """

    sources: Mapping[str, Source]
    embedded: Collection[Source]
    syntax_of: Callable[[Source], str]
    files: Files
    authority: Files
    config: Config
    today: dt.date
    given: Collection[str]
    known: Mapping[str, Severity]
    active: Collection[str]
    stamped: Collection[Finding]
    muted: Collection[str] = ()
    baseline: BaselineFile | None = None
    trusted: bool = True
    trust: Trust | None = None

    def looked_at(self, path: str) -> bool:
        """Whether this scan would know what is in a file: it was given, or there is none."""
        return path in self.given or self.files.open(path) is None


@record
class Applied:
    """Findings with their status, the policy's own among them; notices; what was silenced, in words; its rules.

    ``waivers`` are all records that were read, those not in force among them.
    """

    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...] = ()
    summary: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    doubts: tuple[Finding, ...] = ()
    """What rules could not decide, with its status."""
