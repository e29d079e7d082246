"""Everything that a scan found, as JSON: stable, versioned, described by ``schemas/report.schema.json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dindguard import __version__
from dindguard.coverage import FileState, State
from dindguard.findings import Finding, Status, Subject
from dindguard.model import engine_versions
from dindguard.reports import Options, advice, errors, json_pieces, safe
from dindguard.reports.masking import Masks
from dindguard.reports.quoting import Quoter
from dindguard.rules import Severity
from dindguard.source import Notice, Span, Step

if TYPE_CHECKING:
    from dindguard.scanning import Report

VERSION = 1
"""Grows when a field changes its meaning or goes away; new fields may come at any time."""


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the document; equal scans give equal bytes."""
    del options
    members = _Writer(report).members(report)
    return json_pieces.document(json_pieces.Members(members))


def dumps(content: Any) -> str:
    """Return JSON text in ASCII, in which nothing can be taken for a log command."""
    return "".join(json_pieces.document(content))


def document(report: Report) -> dict[str, Any]:
    """Return the report as plain data."""
    members = _Writer(report).members(report)
    return {name: list(items) if isinstance(items, Iterator) else items for name, items in members.items()}


def _summary(report: Report) -> dict[str, Any]:
    opened = [finding for finding in report.findings if finding.open]
    statuses = [finding.status for finding in report.findings]
    return {
        "open": {each.word: sum(f.severity is each for f in opened) for each in sorted(Severity, reverse=True)},
        "silenced": {each.value: statuses.count(each) for each in Status if each is not Status.OPEN},
        "silenced_by": [safe.valid(words) for words in report.policy_summary],
        "files": {
            "read": report.files_read,
            "unreadable": report.files_unreadable,
            "blind_spots": len(report.coverage.blind_spots),
            "states": {state.value: report.coverage.count(state) for state in State},
            "left_out": dict(report.coverage.reasons()),
        },
        "rules": len(report.rules),
    }


class _Writer:
    def __init__(self, report: Report) -> None:
        self.masks = Masks(report.model, report.rules)
        self.quoter = Quoter(report.sources, self.masks, 160)
        self.proposals = report.proposals

    def members(self, report: Report) -> dict[str, Any]:
        """Return the members of the document; what there may be much of, as iterators."""
        return {
            "version": VERSION,
            "tool": {"name": "dindguard", "version": __version__, "facts_as_of": engine_versions.as_of()},
            "complete": not errors(report.notices),
            "summary": _summary(report),
            "findings": map(self.finding, report.findings),
            "notices": map(self.notice, report.notices),
            "coverage": map(self.state, report.coverage.files),
        }

    def text(self, text: str) -> str:
        return self.masks.text(safe.valid(text))

    def place(self, span: Span) -> dict[str, Any] | None:
        if not span.path:
            return None
        return {
            "path": safe.valid(span.path),
            "line": span.line,
            "column": span.column,
            "end_line": span.end_line,
            "end_column": span.end_column,
            "route": safe.valid(span.route),
        }

    def state(self, file: FileState) -> dict[str, Any]:
        return {
            "path": safe.valid(file.path),
            "state": file.state.value,
            "what": self.text(file.what),
            "says": self.text(file.words),
            "place": self.place(file.span) if file.span is not None else None,
            "undecided": file.undecided,
        }

    def step(self, step: Step) -> dict[str, Any]:
        return {"what": self.text(step.what), "place": self.place(step.span)}

    def subject(self, subject: Subject) -> dict[str, Any]:
        return {
            "label": self.text(subject.label),
            "address": self.text(subject.address),
            "place": self.place(subject.span),
            "identity": subject.identity,
            "status": subject.status.value,
            "reason": self.text(subject.reason),
            "waiver": {name: self._field(value) for name, value in subject.record.items()} or None,
        }

    def _field(self, value: Any) -> Any:
        """Return a field of an approval, its texts as any other."""
        if isinstance(value, list):
            return [self._field(each) for each in value]
        if isinstance(value, dict):
            return {name: self._field(each) for name, each in value.items()}
        return self.text(value) if isinstance(value, str) else value

    def finding(self, finding: Finding) -> dict[str, Any]:
        rule = finding.rule
        first = self.quoter.finding(finding)[0]
        line = next((line for line in first.lines if line.number == finding.span.line), None)
        return {
            "rule": rule.id,
            "title": rule.title,
            "category": rule.category,
            "cwe": rule.cwe or None,
            "severity": finding.severity.word,
            "confidence": finding.confidence.value,
            "status": finding.status.value,
            "message": self.text(finding.message),
            "place": self.place(finding.span),
            "quoted": line.excerpt.text if line is not None else "",
            "related": [self.step(step) for step in finding.related],
            "path": [self.step(step) for step in finding.path],
            "subjects": [self.subject(subject) for subject in finding.subjects],
            "instead": self.text(advice(finding)),
            "containment": self.text(finding.containment),
            "fingerprint": finding.fingerprint,
            **self.fixes(finding),
        }

    def fixes(self, finding: Finding) -> dict[str, Any]:
        """Return the proven fixes of a finding, where they were asked for."""
        return (
            {
                "fixes": [
                    {
                        "says": self.text(each.says),
                        "unsafe": each.unsafe,
                        "replacements": [
                            {"place": self.place(one.at), "text": safe.valid(one.text)} for one in each.replacements
                        ],
                    }
                    for each in self.proposals.get(finding.fingerprint, ())
                ]
            }
            if self.proposals
            else {}
        )

    def notice(self, notice: Notice) -> dict[str, Any]:
        return {
            "kind": notice.kind,
            "gravity": notice.gravity.value,
            "message": self.text(notice.message),
            "remedy": self.text(notice.remedy),
            "place": self.place(notice.span),
            "also": [self.place(span) for span in notice.also],
        }
