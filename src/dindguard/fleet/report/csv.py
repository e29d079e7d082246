"""One section as a table, for spreadsheets: a heading, then every row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from dindguard.fleet.report.answers import Report, joined, plain
from dindguard.fleet.report.counts import REPOSITORIES
from dindguard.fleet.report.questions import SECTIONS
from dindguard.reports import safe

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would calculate, whatever quotes are around it."""


def pieces(report: Report) -> Iterator[str]:
    """Yield the section that was asked for, else that of the repositories."""
    section = SECTIONS[report.chosen or REPOSITORIES.name]
    yield _line(column.name for column in report.columns(section))
    for row in report.rows(section):
        yield _line(map(cell, row))


def _line(cells: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def cell(value: Any) -> Any:
    """Return what stands in a cell: a number, or text on one line that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    if isinstance(value, dict):
        value = joined((f"{key}={value[key]}" for key in sorted(value)), "; ")
    elif isinstance(value, list):
        value = joined(value, "; ")
    text = safe.log(safe.one_line(safe.valid(str(plain(value)))))
    return f"'{text}" if text.startswith(_FORMULA) else text
