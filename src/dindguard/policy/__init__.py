"""What silences findings, and who answers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.records import record

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Mapping

    from dindguard.files import Files, StrPath
    from dindguard.findings import Finding
    from dindguard.policy.baseline_file import BaselineFile
    from dindguard.policy.config import Config
    from dindguard.policy.waiver_file import Waiver
    from dindguard.rules import Rule, Severity
    from dindguard.source import Notice, Source

BASELINE_FILE = ".dindguard/baseline.json"
WAIVER_FILE = ".dindguard/waivers.yaml"
SIDECAR = ".allow.yaml"
"""``FILE`` with this behind it holds the allows of a JSON file, which has no comments."""


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


def trusted(files: Files, revision: str) -> Files:
    """Return the files whose policy holds: those of a Git revision, or of the tree when none is named.

    Raises :class:`UserError` when there is no such revision.
    """
    if not revision:
        return files
    from dindguard.policy.git import nothing_before
    from dindguard.policy.revision import Nothing, Revision

    if nothing_before(revision):
        return Nothing(files.root)
    return Revision(files.root, revision, f"--trust {revision}", now=files)


def baseline_in_force(files: Files, config: Config, explicit: StrPath | None, *, own: bool) -> BaselineFile | None:
    """Return the baseline that holds: the command line's, else the configuration's, else the usual file's.

    ``own`` is false when the tree's own does not count. Raises :class:`UserError` for one that cannot be read.
    """
    if explicit is None and not own:
        return None
    name = config.baseline or BASELINE_FILE
    source = files.open(name) if explicit is None else None
    if explicit is None and source is None:
        if config.baseline:
            raise UserError(f"{config.origins['baseline']}: there is no baseline '{name}'; dindguard baseline create")
        return None
    from dindguard.policy import baseline_file

    return baseline_file.read(source.text, name) if source is not None else baseline_file.named(files, str(explicit))


def apply_policy(findings: tuple[Finding, ...], around: Surroundings) -> Applied:
    """Apply allows, waivers and the baseline to findings.

    The work is done by :mod:`dindguard.policy.application`, imported only when the tree has any of them.
    """
    waiver_source = around.authority.open(WAIVER_FILE) if around.trusted else None
    allowing = around.trusted and any(source.speaks for source in around.sources.values())
    sidecars = _sidecars(around) if around.trusted else ()
    nothing = waiver_source is None and not allowing and not sidecars and around.baseline is None
    if nothing and around.trust is None:
        return Applied(findings)
    from dindguard.policy.application import apply

    return apply(findings, around, waiver_source, sidecars)


def _sidecars(around: Surroundings) -> tuple[Source, ...]:
    """Return the sidecars of the scan's JSON files, and those that were given themselves."""
    found = {}
    for path, source in around.sources.items():
        if path.endswith(".json"):
            beside = around.files.open(path + SIDECAR)
            if beside is not None:
                found[beside.path] = beside
        elif path.endswith(f".json{SIDECAR}"):
            found[path] = source
    return tuple(found.values())
