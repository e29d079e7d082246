"""Podman Quadlet: units from which systemd's generator makes Podman's command lines (``.container``, ``.pod``, ``.volume``)."""

from __future__ import annotations

from dindguard.formats.row import Evidence, FormatRow

_TEMPLATE = r"(\.(j2|hbs|in|tmpl|tpl|template|example|sample))?"

FORMAT = FormatRow(
    name="quadlet",
    title="Podman Quadlet",
    syntaxes=("quadlet",),
    names=(
        rf"(^|/)[^/]+\.(container|pod|kube|volume|network){_TEMPLATE}$"
        rf"|(^|/)([^/]+\.)?(container|pod|kube|volume|network)\.d/[^/]+\.conf{_TEMPLATE}$"
    ),
    refuses=r"(?i:(^|/)(docker|container)file[^/]*$)",
    evidence=Evidence.DECLARED,
    words=("[container]", "[pod]", "[volume]", "[network]"),
    not_read=("options that a .kube unit gives to all of its pods", "templates' instances"),
)
