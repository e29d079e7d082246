"""Files of variables that an init script or a unit puts into an engine's command line."""

from __future__ import annotations

from dindguard.formats.row import Evidence, FormatRow

FORMAT = FormatRow(
    name="engine-options",
    title="/etc/default/docker, /etc/sysconfig/docker, conf.d/docker",
    syntaxes=("variables",),
    apart=True,
    names=r"(^|/)((default|sysconfig|conf\.d|(files|templates)/docker)/docker(-storage|-network)?|docker(\.|-|_)(defaults?|sysconfig))(\.(j2|in|tmpl|template|example|sample))?$",
    evidence=Evidence.DECLARED,
    always=True,
    installed=r"^/etc/(default|sysconfig|conf\.d)/docker(-storage|-network)?$",
)
