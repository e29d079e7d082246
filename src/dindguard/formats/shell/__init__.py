"""Shell scripts, as files and inside other documents."""

from __future__ import annotations

from dindguard.formats.row import FormatRow

FORMAT = FormatRow(
    name="shell",
    title="Shell scripts",
    syntaxes=("shell",),
    names=r"(?i:\.(sh|bash|zsh|ksh|bats|envrc)$)",
    first_line=r"#!.*\b(ba|da|z|k|a)?sh\b",
    unmodelled=(
        (
            "-privileged",
            r"--(?:docker|kubernetes)-(?:services_)?privileged(?![\w-])(?!=[\"']?(?:false|0))(?!\s{2,}\w)",
            "registration of a runner",
        ),
    ),
)
