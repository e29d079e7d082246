"""The ``run`` files of s6 and runit, and OpenRC's scripts: what each service of an image or a machine starts."""

from __future__ import annotations

from dindguard.formats.row import FormatRow

FORMAT = FormatRow(
    name="service-run",
    title="s6, runit and OpenRC services",
    syntaxes=("service-run",),
    apart=True,
    names=r"(^|/)(s6-rc\.d|services\.d|s6(-overlay|-linux-init)?/[\w.-]+|runit(/runsvdir/[\w.-]+)?|sv|service)/[^/]+/(run|up)$|(^|/)[^/]+\.(openrc|initd)$",
    first_line=r"#!.*\bopenrc-run\b",
    installed=r"^/etc/init\.d/[\w.-]+$|^/(etc|run|var|usr/lib)/(?>(?:[\w.-]*/)*?(?:s6-rc\.d|services\.d|s6|runit|sv|service)/)(?:[\w.-]+/)*+(run|up)$",
)
