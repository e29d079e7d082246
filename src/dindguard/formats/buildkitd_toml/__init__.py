"""``buildkitd.toml``: the configuration file of BuildKit's daemon."""

from __future__ import annotations

from dindguard.formats.row import Evidence, FormatRow

FORMAT = FormatRow(
    name="buildkitd-toml",
    title="buildkitd.toml",
    syntaxes=("toml",),
    apart=True,
    names=r"(^|/)buildkitd[^/]*\.toml$",
    always=True,
    installed=r"^/etc/buildkit/buildkitd\.toml$|/\.config/buildkit/buildkitd\.toml$",
    evidence=Evidence.DECLARED,
)
