"""The report over a fleet's dataset: one module per format, over the same answers to the same questions.

A format's module has one function ``pieces(report)``, which yields the document as it is made.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from dindguard.fleet.report.answers import Report

FORMATS = {
    "text": "the numbers, and what needs somebody (the default)",
    "html": "one page to keep or send",
    "csv": "one section as a table, for spreadsheets",
    "json": "everything, for programs",
    "prometheus": "numbers for node_exporter's textfile collector",
}
"""The formats, and what each is for."""


class Renderer(Protocol):
    """A format's module."""

    def pieces(self, report: Report) -> Iterator[str]:
        """Yield the document."""


def pieces(name: str, report: Report) -> Iterator[str]:
    """Yield the report in a format of :data:`FORMATS`, piece by piece: it grows with the fleet, memory does not."""
    module = importlib.import_module(f"dindguard.fleet.report.{name}")
    return cast("Renderer", module).pieces(report)
