"""Batch files of Windows, and the lines that other documents have ``cmd`` run."""

from __future__ import annotations

from dindguard.formats.row import FormatRow

FORMAT = FormatRow(
    name="batch",
    title="Batch files",
    syntaxes=("batch",),
    apart=True,
    names=r"(?i:\.(bat|cmd)$)",
)
