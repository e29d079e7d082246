"""User data of cloud machines in files without an ending: ``#cloud-config``, scripts, MIME messages of both, archives."""

from __future__ import annotations

from dindguard.formats.row import Evidence, FormatRow

FORMAT = FormatRow(
    name="user-data",
    title="user data of cloud machines",
    syntaxes=("user-data",),
    apart=True,
    names=r"(^|/)(user|vendor)[-_]?data(\.(txt|j2|tpl|tmpl|tftpl|mime))?$",
    first_line=r"#cloud-config|#cloud-boothook|## template: ?jinja|Content-Type: multipart/|MIME-Version:",
    evidence=Evidence.DECLARED,
)
