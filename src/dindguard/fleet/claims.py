"""What a repository's own waivers and allows would make of its findings: told, never obeyed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dindguard.findings import Finding, Status
from dindguard.policy.config import WAIVER_FILE
from dindguard.records import record, replace
from dindguard.scanning import Judged, Scan

if TYPE_CHECKING:
    from dindguard.discover import Found
    from dindguard.policy.waiver_file import Waiver


@record
class Claim:
    """One record of the waiver file: what is wrong with it, how many subjects it names, whether it would silence one."""

    waiver: Waiver
    faults: tuple[str, ...]
    covers: int
    in_force: bool


@record
class Claims:
    """The status that each finding's subject would have, by its identity, where it is not open; and the waivers."""

    status: Mapping[str, Status]
    waivers: tuple[Claim, ...]


def claims(scan: Scan, found: Found, judged: Judged) -> Claims:
    """Return what the scanned files claim, judged as if they were trusted, below the organisation's floor."""
    options = replace(scan.options, untrusted=False, without_baseline=True)
    applied = Scan(scan.files, scan.files, scan.config, scan.rules, options).apply(found, judged)
    subjects = [subject for finding in (*applied.findings, *applied.doubts) for subject in finding.subjects]
    named = Counter(subject.key for subject in subjects)
    waived = {subject.key for subject in subjects if subject.status is Status.WAIVED}
    status = {each.identity: each.status for each in subjects if each.status is not Status.OPEN}
    return Claims(
        status,
        tuple(
            Claim(each, _faults(each, applied.findings), named[each.key], each.key in waived)
            for each in applied.waivers
        ),
    )


def _faults(waiver: Waiver, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Return what is malformed in a record, and what policy says of it at one of its places."""
    lines = {waiver.span.line, *(place.line for place in waiver.places.values() if place.path == WAIVER_FILE)}
    said = [each.message for each in findings if each.span.path == WAIVER_FILE and each.span.line in lines]
    return tuple(dict.fromkeys([*(fault for fault, _ in waiver.faults), *said]))
