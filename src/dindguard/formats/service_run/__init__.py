"""The ``run`` files of s6 and runit: what each service of an image or a machine starts, an engine among them."""

from __future__ import annotations

from dindguard.formats.row import FormatRow

FORMAT = FormatRow(
    name="service-run",
    title="s6 and runit services",
    syntaxes=("service-run",),
    apart=True,
    names=r"(^|/)(s6-rc\.d|services\.d|s6(-overlay|-linux-init)?/[\w.-]+|runit(/runsvdir/[\w.-]+)?|sv|service)/[^/]+/(run|up)$",
    installed=r"^/(etc|run|var|usr/lib)/(?>(?:[\w.-]*/)*?(?:s6-rc\.d|services\.d|s6|runit|sv|service)/)(?:[\w.-]+/)*+(run|up)$",
)
