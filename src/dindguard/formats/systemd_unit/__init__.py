"""systemd's units, socket units and drop-ins: how a machine starts its engine, and the containers that it starts."""

from __future__ import annotations

from dindguard.formats.row import Evidence, FormatRow

FORMAT = FormatRow(
    name="systemd-unit",
    title="systemd units and drop-ins",
    syntaxes=("unit",),
    apart=True,
    names=(
        r"(^|/)[^/]+\.(service|socket)(\.(j2|in|tmpl|template|example|sample))?$"
        r"|(^|/)[^/]+\.(service|socket)\.d/[^/]+\.conf(\.(j2|in|tmpl|template|example|sample))?$"
        r"|(^|/)[^/]+\.(service|socket)\.conf$"
    ),
    perhaps=r"(^|/)[^/]+\.conf(\.(j2|in|tmpl|template|example|sample))?$",
    beginning=r"\A(?:[ \t]*(?:[#;{][^\n]*)?\n)*+\[Service\]",
    words=(
        ("socketmode", r"socketmode[ \t]*=[ \t]*[0-7]?[0-7]{2}[2367]\b"),
        (
            "listenstream",
            r"(?m)listenstream[ \t]*=[ \t]*(?:[\d.:\[\]]{1,60}:)?\d{2,5}[ \t\r]*$",
        ),  # a port: whose, the name tells
    ),
    evidence=Evidence.DECLARED,
    installed=r"^/(etc|run|lib|usr/lib|usr/local/lib)/systemd/.*\.(service|socket|conf)$",
)
