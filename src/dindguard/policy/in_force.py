"""Which policy holds for a scan, and whether it has anything to say: most trees have none, and pay for none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.policy.config import BASELINE_FILE, SIDECAR, WAIVER_FILE
from dindguard.policy.surroundings import Applied, Surroundings

if TYPE_CHECKING:
    from dindguard.files import Files, StrPath
    from dindguard.findings import Finding
    from dindguard.policy.baseline_file import BaselineFile
    from dindguard.policy.config import Config
    from dindguard.source import Source


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
