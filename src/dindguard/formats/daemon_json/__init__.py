"""``daemon.json``: the configuration file of dockerd; its keys are too many to tell it by."""

from __future__ import annotations

from dindguard.formats.row import Evidence, FormatRow

FORMAT = FormatRow(
    name="daemon-json",
    title="daemon.json",
    syntaxes=("json", "yaml"),
    apart=True,
    names=r"(^|/)daemon\.json(\.(dist|example|sample|in))?$",
    always=True,
    words=("daemon.json",),
    installed=r"^/etc/docker/daemon\.json$|/\.config/docker/daemon\.json$",
    writes=True,
    evidence=Evidence.DECLARED,
)
