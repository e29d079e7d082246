"""Makefiles."""

from __future__ import annotations

from dindguard.formats.row import FormatRow

FORMAT = FormatRow(
    name="makefile",
    title="Makefiles",
    syntaxes=("makefile",),
    names=r"(^|/)(GNUm|[Mm])akefile([.-][^/]*)?$|\.mk$",
)
