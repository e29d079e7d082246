"""Annotations for a GitHub workflow. The runner takes ten of each level in a step; the log has them all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

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


def render(report: Report, options: Options) -> str:
    """Return one command for each finding, the gravest first, then a plain line for each that is too many."""
    del options
    masks = Masks(report.model)
    found = []
    for notice in errors(report.notices):
        text = f"{notice.message} ({notice.remedy})" if notice.remedy else notice.message
        found.append(("error", notice.span, f"not looked at: {notice.kind}", masks.text(text)))
    found += [
        ("warning", each.span, each.kind, masks.text(f"{each.message} ({each.remedy})"))
        for each in countdowns(report)
    ]
    opened = worst_first(finding for finding in report.findings if finding.open)
    for finding in opened:
        text = sentence(masks.text(finding.message))
        if instead := advice(finding):
            text += f"\nInstead: {masks.text(instead)} (dindguard explain {finding.rule.id})"
        title = f"{finding.severity.word}: {finding.rule.id}"
        found.append((_level(finding.severity), finding.span, title, text))
    lines = []
    rest = []
    used: Counter[str] = Counter()
    for level, span, title, text in found:
        # One place of the last level stays free for the summary.
        if used[level] < MOST - (level == "notice"):
            used[level] += 1
            lines.append(_command(level, span, title, text))
        else:
            rest.append(f"- {safe.log(safe.one_line(f'{shown_place(span)} {title}: {text}'))}")
    if rest:
        summary = f"{plural(len(rest), 'more finding')} in the log: GitHub shows {MOST} of each level in a step"
        lines += [f"::notice title=dindguard::{summary}", *rest]
    lines.append(_summary(report, len(opened)))
    return "\n".join(lines) + "\n"


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
