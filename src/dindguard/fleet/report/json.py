"""The report for programs: the numbers, and every row of every section by the names of its columns."""

from __future__ import annotations

import json
from typing import Any

from dindguard.fleet import schema
from dindguard.fleet.dataset import OLD
from dindguard.fleet.report.answers import Report
from dindguard.fleet.report.sections import Section
from dindguard.reports import safe

VERSION = 1
"""The version of this document. Adding a key does not change it."""


def render(report: Report) -> str:
    """Return the document."""
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
    head = safe.json_text(json.dumps(document, indent=2)).removesuffix("\n}")
    sections = ",\n".join(_section(report, section) for section in report.sections())
    return f'{head},\n  "sections": {{\n{sections}\n  }}\n}}\n'


def _section(report: Report, section: Section) -> str:
    """Return a section's member: one row a line."""
    rows = (f"      {json.dumps(row)}" for row in report.answer(section).as_data())
    listed = ",\n".join(rows)
    return safe.json_text(
        f"    {json.dumps(section.name)}: [\n{listed}\n    ]" if listed else f"    {json.dumps(section.name)}: []"
    )
