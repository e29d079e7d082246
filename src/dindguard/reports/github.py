"""Annotations for a GitHub workflow. The runner takes ten of each level in a step; the log has them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from dindguard.findings import Finding
from dindguard.records import record
from dindguard.reports import (
    Options,
    advice,
    blind_spots_in_words,
    countdowns,
    errors,
    plural,
    safe,
    sentence,
    shown_place,
    worst_first,
)
from dindguard.reports.masking import Masks
from dindguard.rules import Severity
from dindguard.source import Notice, Span

if TYPE_CHECKING:
    from dindguard.scanning import Report

MOST = 10
"""What the runner shows of each level."""


@record
class _Told:
    """A line of the log: its level, place and title, and how its text is made."""

    level: str
    span: Span
    title: str
    text: Callable[[], str]


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield one command for each finding, the gravest first, then a plain line for each that is too many."""
    del options
    masks = Masks(report.model, report.rules)
    opened = worst_first(finding for finding in report.findings if finding.open)
    rest: list[_Told] = []
    used: Counter[str] = Counter()
    for each in _told(report, opened, masks):
        # One place of the last level stays free for the summary.
        if used[each.level] < MOST - (each.level == "notice"):
            used[each.level] += 1
            yield f"{_command(each.level, each.span, each.title, each.text())}\n"
        else:
            rest.append(each)
    if rest:
        summary = f"{plural(len(rest), 'more finding')} in the log: GitHub shows {MOST} of each level in a step"
        yield f"::notice title=dindguard::{summary}\n"
    for each in rest:
        yield f"- {safe.log(safe.one_line(f'{shown_place(each.span)} {each.title}: {each.text()}'))}\n"
    yield f"{_summary(report, len(opened))}\n"


def _told(report: Report, opened: Sequence[Finding], masks: Masks) -> Iterator[_Told]:
    for notice in errors(report.notices):
        text = f"{notice.message} ({notice.remedy})" if notice.remedy else notice.message
        yield _Told("error", notice.span, f"not looked at: {notice.kind}", partial(masks.text, text))
    for each in countdowns(report):
        yield _Told("warning", each.span, each.kind, partial(masks.text, f"{each.message} ({each.remedy})"))
    for finding in opened:
        title = f"{finding.severity.word}: {finding.rule.id}"
        yield _Told(_level(finding.severity), finding.span, title, partial(_text, finding, masks))


def _text(finding: Finding, masks: Masks) -> str:
    text = sentence(masks.text(finding.message))
    if instead := advice(finding):
        text += f"\nInstead: {masks.text(instead)} (dindguard explain {finding.rule.id})"
    return text


def _summary(report: Report, count: int) -> str:
    words = f"{plural(count, 'finding')} in {plural(report.files_read, 'file')} that dindguard read"
    if report.files_unreadable:
        words += f"; {report.files_unreadable} could not be read"
    if spots := blind_spots_in_words(report):
        words += f"; {spots}, not judged: " + ", ".join(shown_place(each.span) for each in _named(report))
    return words


def _named(report: Report) -> list[Notice]:
    return [notice for notice in report.notices if notice.kind == "blind-spot"][:MOST]


def _level(severity: Severity) -> str:
    if severity >= Severity.HIGH:
        return "error"
    return "warning" if severity is Severity.MEDIUM else "notice"


def _command(level: str, span: Span, title: str, text: str) -> str:
    properties = {"title": title}
    if span.path:
        properties = {"file": span.path, "line": str(span.line), "endLine": str(span.end_line)}
        if span.line == span.end_line:
            # The runner refuses columns of a range over several lines.
            properties |= {"col": str(span.column), "endColumn": str(max(span.end_column - 1, span.column))}
        properties["title"] = title
    listed = ",".join(f"{name}={safe.annotation_property(value)}" for name, value in properties.items())
    return f"::{level} {listed}::{safe.annotation(text)}"
