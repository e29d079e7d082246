"""Podman Quadlet: units from which systemd's generator makes Podman's command lines (``.container``, ``.pod``, ``.volume``)."""

from __future__ import annotations

from dindguard.formats.row import Evidence, FormatRow

_TEMPLATE = r"(\.(j2|hbs|in|tmpl|tpl|template|example|sample))?"

FORMAT = FormatRow(
    name="quadlet",
    title="Podman Quadlet",
    syntaxes=("quadlet",),
    names=(
        rf"(^|/)[^/]+\.(container|pod|kube|volume|network|image|build){_TEMPLATE}$"
        rf"|(^|/)([^/]+\.)?(container|pod|kube|volume|network|image|build)\.d/[^/]+\.conf{_TEMPLATE}$"
    ),
    refuses=r"(?i:(^|/)(docker|container)file[^/]*$|(^|/)meson\.build$)",
    evidence=Evidence.DECLARED,
    words=("[container]", "[pod]", "[volume]", "[network]", "[image]", "[build]"),
    not_read=(
        "options of a .build unit's own steps",
        "options that a .kube unit gives to all of its pods",
        "templates' instances",
    ),
)
