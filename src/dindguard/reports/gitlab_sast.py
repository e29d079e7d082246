"""GitLab SAST: the security report of a pipeline (report format 15).

The format is GitLab's ``sast-report-format.json``, 15.2.1. GitLab tells findings from each other by their first
identifier and their place; the tracking signature stands for the place, and holds no line.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dindguard import __version__
from dindguard.errors import UserError
from dindguard.findings import Finding
from dindguard.installation import home
from dindguard.reports import (
    Options,
    advice,
    alerts,
    at_each_place,
    errors,
    json_pieces,
    safe,
    sentence,
    shown_place,
    taxonomies,
    worst_first,
)
from dindguard.reports.masking import Masks
from dindguard.rules import Rule
from dindguard.source import Gravity, Notice, Span, Step

if TYPE_CHECKING:
    from dindguard.scanning import Report

SCHEMA = "15.2.1"
LONGEST_NAME, LONGEST_SOLUTION = 255, 7000
MOST_STEPS = 100


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield open findings as vulnerabilities, all of the tree whatever is new: GitLab compares with the target.

    GitLab demands the time of the scan: ``SOURCE_DATE_EPOCH`` fixes it, for the same bytes on each run.
    Raises :class:`UserError` when that is no number of seconds.
    """
    del options
    writer = _Writer(Masks(report.model, report.rules))
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(_now()))
    opened = worst_first(finding for finding in alerts(report) if finding.open)
    notices = [each for one in report.notices if one.gravity is not Gravity.NOTE for each in at_each_place(one)]
    content = {
        "version": SCHEMA,
        "scan": {
            "analyzer": _tool(),
            "scanner": _tool(),
            "type": "sast",
            "start_time": moment,
            "end_time": moment,
            "status": "failure" if errors(report.notices) else "success",
            "messages": list(map(writer.message, notices)),
            "primary_identifiers": [_own_identifier(rule) for rule in report.every_rule()],
        },
        "vulnerabilities": map(writer.vulnerability, opened),
    }
    return json_pieces.document(json_pieces.Members(content))


def _now() -> int:
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not fixed:
        return int(time.time())
    if not re.fullmatch(r"\d{1,11}", fixed):
        raise UserError(f"SOURCE_DATE_EPOCH={fixed}: that is no number of seconds since 1970")
    return int(fixed)


def _tool() -> dict[str, Any]:
    tool = {"id": "dindguard", "name": "dindguard", "version": __version__, "vendor": {"name": "dindguard"}}
    known = home()
    return {**tool, "url": known.address} if known else tool


def _own_identifier(rule: Rule) -> dict[str, str]:
    identifier = {"type": "dindguard_rule", "name": f"dindguard {rule.id}", "value": rule.id}
    known = home()
    return (
        {**identifier, "url": known.page(f"docs/rules/{rule.id}.md")} if known and "/" not in rule.id else identifier
    )


def _identifiers(rule: Rule) -> list[dict[str, str]]:
    """Return the rule's own identifier, by which GitLab tracks, then its entries in public catalogues."""
    found = [_own_identifier(rule)]
    for taxonomy, entry in taxonomies.entries(rule):
        kind = re.sub(r"\W+", "_", taxonomy.name.lower())
        name = f"CWE-{entry}" if taxonomy is taxonomies.CWE else f"{taxonomy.name} {entry}"
        found.append({"type": kind, "name": name, "value": entry, "url": taxonomy.address(entry)})
    return found


def _links(rule: Rule) -> list[dict[str, str]]:
    addresses = re.findall(r"https://[^\s>)\]]+", rule.section("References"))
    return [{"url": address.rstrip(".,")} for address in dict.fromkeys(addresses)]


class _Writer:
    def __init__(self, masks: Masks) -> None:
        self.masks = masks

    def text(self, text: str) -> str:
        return self.masks.line(text)

    def message(self, notice: Notice) -> dict[str, str]:
        level = "fatal" if notice.gravity is Gravity.ERROR else "warn"
        return {"level": level, "value": f"{shown_place(notice.span)}: {self.text(notice.message)}"}

    def vulnerability(self, finding: Finding) -> dict[str, Any]:
        rule = finding.rule
        span = finding.span
        found: dict[str, Any] = {
            "id": _uuid(finding.fingerprint),
            "name": rule.title[:LONGEST_NAME],
            # GitLab shows it as Markdown.
            "description": safe.markdown(sentence(self.text(finding.message))),
            "severity": finding.severity.word.capitalize(),
            "solution": sentence(self.text(advice(finding)))[:LONGEST_SOLUTION],
            "location": {"file": safe.valid(span.path), "start_line": span.line, "end_line": span.end_line},
            "identifiers": _identifiers(rule),
            "links": _links(rule),
            "tracking": self.tracking(finding),
        }
        if details := self.details(finding):
            found["details"] = details
        return found

    def tracking(self, finding: Finding) -> dict[str, Any]:
        """Return by what GitLab knows a finding again: file and named address, whatever its line."""
        span = finding.span
        address = finding.subjects[0].address + finding.subjects[0].mark if finding.subjects else span.route
        place = {"file": safe.valid(span.path), "start_line": span.line, "end_line": span.end_line}
        value = f"{safe.valid(span.path)}|{self.text(address)}:0"
        return {
            "type": "source",
            "items": [{**place, "signatures": [{"algorithm": "scope_offset", "value": value}]}],
        }

    def details(self, finding: Finding) -> dict[str, Any]:
        """Return the way to the host, or what makes it so, as a flow and in words; what lowers the severity."""
        steps = [step for step in (finding.path or finding.related) if step.span.path][:MOST_STEPS]
        found: dict[str, Any] = {}
        if steps:
            steps = steps if finding.path else [*steps, Step(finding.message, finding.span)]
            words = [{"type": "text", "value": f"{shown_place(step.span)}: {self.text(step.what)}"} for step in steps]
            name = "The way to the host" if finding.path else "What makes it so"
            found["steps"] = {"name": name, "type": "list", "items": words}
            found["code_flows"] = {"name": name, "type": "code-flows", "items": [_flow([s.span for s in steps])]}
        if finding.containment:
            found["containment"] = {
                "name": "Less grave here", "type": "text", "value": self.text(finding.containment),
            }  # fmt: skip
        return found


def _flow(spans: list[Span]) -> list[dict[str, Any]]:
    last = len(spans) - 1
    return [
        {
            "type": "code-flow-node",
            "node_type": "sink" if number == last else "source" if number == 0 else "propagation",
            "file_location": {
                "type": "file-location",
                "file_name": safe.valid(span.path),
                "line_start": span.line,
                "line_end": max(span.end_line, span.line),
            },
        }
        for number, span in enumerate(spans)
    ]


def _uuid(fingerprint: str) -> str:
    import uuid

    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"dindguard:{fingerprint}"))
