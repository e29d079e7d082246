"""PowerShell scripts, as files and inside other documents."""

from __future__ import annotations

from dindguard.formats.row import FormatRow

FORMAT = FormatRow(
    name="powershell",
    title="PowerShell scripts",
    syntaxes=("powershell",),
    names=r"(?i:\.psm?1$)",
)
