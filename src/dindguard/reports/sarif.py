"""SARIF 2.1.0, with everything that GitHub code scanning asks for, through the objects of ``sarif_om``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import attr

from dindguard.findings import Finding, Status, Subject
from dindguard.reports import (
    Options,
    advice,
    alerts,
    brought,
    errors,
    json_pieces,
    plural,
    safe,
    sarif_rules,
    sentence,
    worst_first,
)
from dindguard.reports.line_hash import line_hashes
from dindguard.reports.masking import Masks
from dindguard.reports.provenance import provenance
from dindguard.reports.quoting import marked
from dindguard.reports.sarif_fixes import ROOT, fix
from dindguard.reports.sarif_objects import om
from dindguard.reports.sarif_rules import Components, level, sarif_id
from dindguard.rules import Severity
from dindguard.source import Gravity, Notice, Source, Span, Step

if TYPE_CHECKING:
    from dindguard.scanning import Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 5_000
MOST_RELATED = 100
MOST_STEPS = 1_000
"""What GitHub keeps of each; more is cut here, and said."""


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield one run, result by result.

    Silenced findings are left out unless ``options.silenced``: GitHub would show them as open.
    """
    writer = _Writer(report, with_suppressions=options.silenced)
    findings = worst_first(f for f in alerts(report) if f.open or options.silenced)
    notices = list(report.notices)
    if len(findings) > MOST_RESULTS:
        notices.append(_cut(len(findings)))
    rules = sarif_rules.Components.of(report.every_rule(), findings)
    invocation = om.Invocation(
        execution_successful=not errors(report.notices),
        tool_execution_notifications=[writer.notification(notice) for notice in notices] or None,
    )
    run = om.Run(
        tool=rules.tool(),
        results=[],
        invocations=[invocation],
        automation_details=om.RunAutomationDetails(id="dindguard/"),
        column_kind="unicodeCodePoints",
        newline_sequences=["\r\n", "\n", "\r"],
        original_uri_base_ids={
            ROOT: om.ArtifactLocation(description=om.Message(text="The root of the scanned repository."))
        },
        taxonomies=rules.taxonomies(),
        version_control_provenance=_provenance(str(report.root), report.commit),
    )
    log = om.SarifLog(schema_uri=SCHEMA, version="2.1.0", runs=[run])
    content = plain(log)
    results = (plain(writer.result(finding, rules)) for finding in findings[:MOST_RESULTS])
    run_members = json_pieces.Members({**content["runs"][0], "results": results})
    log_members = {"$schema": content["$schema"], "version": content["version"], "runs": iter((run_members,))}
    return json_pieces.document(json_pieces.Members(log_members))


def _cut(count: int) -> Notice:
    left_out = plural(count - MOST_RESULTS, "finding")
    message = f"{left_out} of the least severity were left out: code scanning keeps {MOST_RESULTS}"
    return Notice("budget", message, Span(""), Gravity.WARNING, "scan parts of the repository")


def plain(value: Any) -> Any:
    """Return an object of ``sarif_om`` as plain data, without what is at its default."""
    if isinstance(value, str):
        return safe.valid(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    content = value
    kind: Any = type(value)
    if fields := _fields(kind):
        content = {}
        for field, name, make, usual in fields:
            item = getattr(value, field)
            # An absent level would mean the rule's own level.
            if item is not None and (name == "level" or item != (make() if make else usual)):
                content[name] = safe.valid(item) if type(item) is str else plain(item)
    return content


@cache
def _fields(kind: Any) -> tuple[tuple[str, str, Callable[[], Any] | None, Any], ...]:
    """Return the fields of a class of ``sarif_om``: attribute, name in a log, and the default or what makes it."""
    return tuple(
        (
            field.name,
            field.metadata["schema_property_name"],
            getattr(field.default, "factory", None),
            field.default,
        )
        for field in (attr.fields(kind) if attr.has(kind) else ())
    )


class _Writer:
    """Turns findings and notices of one report into SARIF objects."""

    def __init__(self, report: Report, *, with_suppressions: bool) -> None:
        self.masks = Masks(report.model, report.rules)
        self.sources = report.sources
        self.with_suppressions = with_suppressions
        self.proposals = report.proposals
        self.hashes = _hashes(alerts(report), report.sources)
        self.new = brought(report) if report.since else None

    def text(self, text: str) -> str:
        """Return plain text of a message: no credential, no control character, no link of its own."""
        text = self.masks.line(text)
        # "[words](1)" links to a related location; text of the scanned files must not.
        return text.replace("[", "\\[").replace("]", "\\]") if "](" in text else text

    def result(self, finding: Finding, rules: Components) -> om.Result:
        """Return the result of a finding."""
        related = finding.related[:MOST_RELATED]
        links = [f"[{_link_text(self.text(step.what))}]({number})" for number, step in enumerate(related, 1)]
        text = sentence(self.text(finding.message)) + (f" See: {', '.join(links)}." if links else "")
        suppressions = [_suppression(finding.subjects[0])] if not finding.open else []
        return om.Result(
            rule_id=sarif_id(finding),
            **rules.reference(finding),
            level=level(finding.severity),
            message=om.Message(text=text),
            locations=[self.location(finding.span, subjects=finding.subjects)],
            related_locations=[self.location(s.span, number, s.what) for number, s in enumerate(related, 1)] or None,
            code_flows=self.code_flows(finding),
            partial_fingerprints=self.fingerprints(finding),
            suppressions=suppressions if self.with_suppressions else None,
            fixes=[fix(each) for each in self.proposals.get(finding.fingerprint, ())] or None,
            baseline_state=self.state(finding),
            properties=self.properties(finding),
        )

    def state(self, finding: Finding) -> str | None:
        """Return whether a finding is new since the revision that the scan was asked to compare with."""
        if self.new is None:
            return None
        return "new" if (finding.rule.id, finding.span) in self.new else "unchanged"

    def properties(self, finding: Finding) -> dict[str, Any]:
        """Return what has no place of its own in SARIF."""
        properties: dict[str, Any] = {"severity": finding.severity.word, "confidence": finding.confidence.value}
        if instead := self.text(advice(finding)):
            properties["instead"] = instead
        if finding.containment:
            properties["containment"] = self.text(finding.containment)
        return properties

    def fingerprints(self, finding: Finding) -> dict[str, str]:
        """Return GitHub's hash of the line, where the file is known, and our own, free of lines."""
        own = {"dindguardFinding/v1": finding.fingerprint} if finding.fingerprint else {}
        line = self.hashes.get((finding.span.path, finding.span.line))
        return own if line is None else {"primaryLocationLineHash": line, **own}

    def location(
        self, span: Span, number: int = -1, message: str = "", subjects: tuple[Subject, ...] = ()
    ) -> om.Location:
        """Return a place as one region of one line: GitHub shows no other in a pull request."""
        addresses = list(dict.fromkeys(s.address for s in subjects if s.address)) or (
            [span.route] if span.route else []
        )
        return om.Location(
            id=number,
            physical_location=om.PhysicalLocation(
                artifact_location=om.ArtifactLocation(uri=safe.uri(span.path), uri_base_id=ROOT),
                region=self.region(span),
            ),
            logical_locations=[om.LogicalLocation(fully_qualified_name=self.text(name)) for name in addresses]
            or None,
            message=om.Message(text=self.text(message)) if message else None,
        )

    def region(self, span: Span) -> om.Region:
        """Return the characters of the span's first line, with that line masked."""
        source = self.sources.get(span.path)
        if source is None:
            end = max(span.end_column, span.column + 1) if span.end_line == span.line else span.column + 1
            return om.Region(start_line=span.line, start_column=span.column, end_line=span.line, end_column=end)
        line = source.line_text(span.line)
        start, end = marked(span, line)
        snippet = line[start:end]
        if any(a < end and start < b for a, b in self.masks.ranges(source, span.line, [(start, end)])):
            snippet = "***"
        return om.Region(
            start_line=span.line,
            start_column=start + 1,
            end_line=span.line,
            end_column=end + 1,
            snippet=om.ArtifactContent(text=safe.visible(snippet[:1000])) if snippet else None,
        )

    def code_flows(self, finding: Finding) -> list[om.CodeFlow] | None:
        """Return the way to the host; of a critical finding without one, what makes it so, one after another."""
        steps = finding.path or (_story(finding) if finding.severity is Severity.CRITICAL else ())
        if not steps:
            return None
        places = [
            om.ThreadFlowLocation(location=self.location(step.span, message=step.what)) for step in steps[:MOST_STEPS]
        ]
        return [om.CodeFlow(thread_flows=[om.ThreadFlow(locations=places)])]

    def notification(self, notice: Notice) -> om.Notification:
        """Return a notice."""
        text = self.text(f"{notice.message} ({notice.remedy})" if notice.remedy else notice.message)
        return om.Notification(
            descriptor=om.ReportingDescriptorReference(id=notice.kind),
            level=notice.gravity.value,
            message=om.Message(text=text),
            locations=[self.location(span) for span in (notice.span, *notice.also) if span.path] or None,
        )


def _story(finding: Finding) -> tuple[Step, ...]:
    """Return who is concerned, what makes it so, and the finding's own place last."""
    concerned = [Step(subject.label, subject.span) for subject in finding.subjects[:1] if subject.span.path]
    return (*concerned, *finding.related, Step(finding.message, finding.span))


def _provenance(root: str, commit: str) -> list[om.VersionControlDetails] | None:
    known = provenance(root, commit)
    if known is None:
        return None
    return [
        om.VersionControlDetails(
            repository_uri=known.address,
            revision_id=known.revision or None,
            branch=known.branch or None,
            mapped_to=om.ArtifactLocation(uri_base_id=ROOT),
        )
    ]


def _link_text(text: str) -> str:
    """Return text for the inside of a link's brackets."""
    if "\\[" in text:
        return text
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _suppression(subject: Subject) -> om.Suppression:
    kind = "inSource" if subject.status is Status.ALLOWED else "external"
    words = f"{subject.status}: {subject.reason}" if subject.reason else subject.status.value
    record = {"waiver": dict(subject.record)} if subject.record else None
    return om.Suppression(kind=kind, justification=safe.one_line(words), properties=record)


def _hashes(findings: Sequence[Finding], sources: Mapping[str, Source]) -> dict[tuple[str, int], str]:
    lines: dict[str, set[int]] = {}
    for finding in findings:
        lines.setdefault(finding.span.path, set()).add(finding.span.line)
    return {
        (path, number): value
        for path, numbers in lines.items()
        if path in sources
        for number, value in line_hashes(sources[path].file.text, numbers).items()
    }
