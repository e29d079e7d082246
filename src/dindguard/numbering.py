"""Subjects that their rule, path and address do not tell apart, and what does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dindguard.records import replace

if TYPE_CHECKING:
    from dindguard.findings import Finding, Subject


def numbered(findings: Sequence[Finding]) -> list[Finding]:
    """Tell subjects with equal keys apart: by what each blames, and equal ones by their order in the file."""
    blames: dict[tuple[str, str, str], list[str]] = {}
    for subject in (subject for finding in findings for subject in finding.subjects):
        blames.setdefault(subject.key, []).append(subject.blames)
    several = {key: len(set(each)) > 1 for key, each in blames.items() if len(each) > 1}
    seen: dict[tuple[str, str, str, str], int] = {}

    def marked(subject: Subject) -> Subject:
        if subject.key not in several:
            return subject
        mark = f"={subject.blames}" if several[subject.key] else ""
        own = (*subject.key, mark)
        count = seen[own] = seen.get(own, 0) + 1
        mark += f"#{count}" if count > 1 else ""
        return replace(subject, mark=mark) if mark else subject

    result = []
    for finding in sorted(findings, key=lambda f: (f.span.path, f.span.line, f.span.column)):
        subjects = tuple([marked(subject) for subject in finding.subjects])
        result.append(replace(finding, subjects=subjects) if any(each.mark for each in subjects) else finding)
    return result
