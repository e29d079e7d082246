"""Shell scripts, as files and inside other documents."""

from __future__ import annotations

from dindguard.formats.row import SHELL_ENDINGS, FormatRow

FORMAT = FormatRow(
    name="shell",
    title="Shell scripts",
    syntaxes=("shell",),
    names=rf"(?i:\.({SHELL_ENDINGS})$)",
    first_line=r"#!.*\b(ba|da|z|k|a)?sh\b",
    unmodelled=(
        (
            "sed ",
            (
                r"\bsed\s+(?:-\S+\s+)*?-\S*i[^\n]*(?:--privileged\b|tcp://(?:0\.0\.0\.0|\[?::\]?|\*)?:2375\b"
                r"(?![^\n]*(?:daemon\.json|docker\.service|(?:default|sysconfig|conf\.d)/docker\b)))"
            ),
            "edit of a file in place",
        ),
    ),
)
