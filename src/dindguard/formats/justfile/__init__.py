"""Justfiles: the recipes that ``just`` runs."""

from __future__ import annotations

from dindguard.formats.row import FormatRow

FORMAT = FormatRow(
    name="justfile",
    title="Justfiles",
    syntaxes=("justfile",),
    apart=True,
    names=r"(?i:(^|/)\.?justfile$|[^/]\.just$)",
    first_line=r"#!.*\bjust\b",
)
