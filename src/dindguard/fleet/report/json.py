"""The report for programs: the numbers, and every row of every section by the names of its columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dindguard.fleet import schema
from dindguard.fleet.dataset import OLD
from dindguard.fleet.report.answers import Report
from dindguard.fleet.report.sections import Section
from dindguard.reports import safe

VERSION = 1
"""The version of this document. Adding a key does not change it."""


def pieces(report: Report) -> Iterator[str]:
    """Yield the document."""
    document: dict[str, Any] = {
        "version": VERSION,
        "dataset": {"version": schema.VERSION, "name": safe.valid(report.name), **report.made_by()},
        "today": report.today.isoformat(),
        "totals": report.totals(),
    }
    if report.compared:
        document["against"] = {
            "name": safe.valid(report.against),
            **report.made_by(OLD),
            "totals": report.before(),
            "unlike": report.unlike(),
        }
    yield safe.json_text(json.dumps(document, indent=2)).removesuffix("\n}") + ',\n  "sections": {'
    for index, section in enumerate(report.sections()):
        yield "," if index else ""
        yield from _section(report, section)
    yield "\n  }\n}\n"


def _section(report: Report, section: Section) -> Iterator[str]:
    """Yield a section's member: one row a line."""
    yield f"\n    {json.dumps(section.name)}: ["
    between = "\n"
    for row in report.data(section):
        yield f"{between}      {safe.json_text(json.dumps(row))}"
        between = ",\n"
    yield "]" if between == "\n" else "\n    ]"
