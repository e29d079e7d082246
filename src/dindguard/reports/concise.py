"""One line for each finding, in the form of compilers, which editors and problem matchers read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from dindguard.reports import Options, at_each_place, safe, summary, text
from dindguard.reports.masking import Masks
from dindguard.reports.places import Places
from dindguard.source import Gravity

if TYPE_CHECKING:
    from dindguard.scanning import Report


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield ``path:line:column: severity: message [rule]`` for findings and notices, then the summary."""
    masks = Masks(report.model, report.rules)
    for line in _lines(report, options, masks):
        yield safe.log(f"{line}\n")
    for line in summary.lines(report, options, masks.line):
        yield safe.log(f"{line}\n")


def _lines(report: Report, options: Options, masks: Masks) -> Iterator[str]:
    places = Places(str(report.root))
    for finding in text.in_order(report.findings):
        message = masks.line(finding.message)
        yield f"{places.shown(finding.span)}: {finding.severity.word}: {message} [{finding.rule.id}]"
    for notice in chain.from_iterable(map(at_each_place, report.notices)):
        if options.verbose or notice.gravity is not Gravity.NOTE:
            message = masks.line(notice.message)
            yield f"{places.shown(notice.span)}: {notice.gravity}: {message} [{safe.one_line(notice.kind)}]"
