"""The report over a fleet's dataset: one module per format, over the same answers to the same questions.

A format's module has one function ``render(report) -> str``, whose result is the whole document.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from dindguard.fleet.report.answers import Report

FORMATS = {
    "html": "one page to keep or send (the default)",
    "csv": "one section as a table, for spreadsheets",
    "json": "everything, for programs",
    "prometheus": "numbers for node_exporter's textfile collector",
}
"""The formats, and what each is for."""


class Renderer(Protocol):
    """A format's module."""

    def render(self, report: Report) -> str:
        """Return the document."""


def render(name: str, report: Report) -> str:
    """Return the report in a format of :data:`FORMATS`."""
    module = importlib.import_module(f"dindguard.fleet.report.{name}")
    return cast("Renderer", module).render(report)
