"""Makefiles."""

from __future__ import annotations

from dindguard.formats.row import SHELL_ENDINGS, FormatRow

FORMAT = FormatRow(
    name="makefile",
    title="Makefiles",
    syntaxes=("makefile",),
    apart=True,
    names=r"(^|/)(GNUm|[Mm])akefile([.-][^/]*)?$|\.mk$",
    refuses=rf"(?i:\.({SHELL_ENDINGS})$)",
)
