"""Podman's, Buildah's and CRI-O's shared files: ``containers.conf``, ``storage.conf``, ``registries.conf``."""

from __future__ import annotations

from dindguard.formats.row import Evidence, FormatRow

FORMAT = FormatRow(
    name="containers-conf",
    title="containers.conf, storage.conf, registries.conf",
    syntaxes=("toml",),
    apart=True,
    names=r"(^|/)(containers|storage|registries)\.conf(\.(j2|in|tmpl|template))?$|(^|/)(containers|storage|registries)\.conf\.d/[^/]+\.conf$",
    refuses=r"(^|/)(vendor|third_party)/",
    always=True,
    evidence=Evidence.DECLARED,
    installed=r"^/etc/containers/((containers|storage|registries)\.conf(\.d/[^/]+\.conf)?)$|/\.config/containers/[^/]+\.conf$",
)
