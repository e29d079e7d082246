"""supervisord's configuration: the programs of an image or a machine, an engine among them."""

from __future__ import annotations

from dindguard.formats.row import Evidence, FormatRow

FORMAT = FormatRow(
    name="supervisord",
    title="supervisord",
    syntaxes=("ini",),
    apart=True,
    names=r"(^|/)supervisord?[^/]*\.(conf|ini)(\.(j2|tmpl|template))?$|(^|/)supervisord?(\.d|/conf\.d|\.conf\.d)?/[^/]+\.(conf|ini)$",
    perhaps=r"(^|/)[^/]+\.(conf|ini)(\.(j2|in|tmpl|template|example|sample))?$",
    beginning=r"\A(?:[ \t]*(?:[#;{][^\n]*)?\n)*+\[(supervisord|program:[^\]\n]+)\]",
    evidence=Evidence.DECLARED,
    words=("supervisor",),
    installed=r"supervisord?[^/]*\.(conf|ini)$|/supervisord?(\.d|/conf\.d|\.conf\.d)?/[^/]+\.(conf|ini)$",
)
