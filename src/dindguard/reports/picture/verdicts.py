"""What findings say about the things of the picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dindguard.model.container import Container
from dindguard.model.engine import Engine
from dindguard.model.mount import Storage
from dindguard.rules import Severity, blamed
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.findings import Finding
    from dindguard.scanning import Report

Blamed = Container | Engine | Storage
"""What findings are about, as far as the picture shows it."""


def severities(report: Report) -> dict[Blamed, Severity]:
    """Return the gravest open finding of each container, engine and storage."""
    found: dict[Blamed, Severity] = {}
    for finding in report.open:
        for thing in _blamed(finding):
            found[thing] = max(found.get(thing, finding.severity), finding.severity)
    return found


def weaknesses(report: Report) -> dict[Blamed, list[tuple[str, Severity, Span]]]:
    """Return the rules whose open findings say that a container's isolation is weak."""
    found: dict[Blamed, list[tuple[str, Severity, Span]]] = {}
    for finding in report.open:
        if finding.rule.category == "privilege" and finding.severity >= Severity.MEDIUM:
            for thing in _blamed(finding):
                found.setdefault(thing, []).append((finding.rule.id, finding.severity, finding.span))
    return found


def _blamed(finding: Finding) -> Iterator[Blamed]:
    """Yield each thing of the picture that a finding is about, once."""
    about = [each for subject in finding.subjects for each in (subject.about, blamed(subject.about))]
    yield from dict.fromkeys(each for each in about if isinstance(each, Container | Engine | Storage))
