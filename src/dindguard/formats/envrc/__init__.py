"""``.envrc``: what direnv gives to every command below a folder."""

from __future__ import annotations

from dindguard.formats.row import FormatRow

FORMAT = FormatRow(
    name="envrc",
    title="direnv files",
    syntaxes=("envrc",),
    names=r"(^|/)[^/]*\.envrc$",
)
